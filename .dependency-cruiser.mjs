/** Which folder of `src` may import which; the table of docs/architecture.md. Type imports count. */
const allowed = {
  util: [],
  contract: ['util'],
  redact: ['util'],
  drill: ['contract', 'redact', 'util'],
  journal: ['contract', 'redact', 'util'],
  drivers: ['contract', 'redact', 'util'],
  plan: ['contract', 'drill', 'util'],
  run: ['contract', 'plan', 'journal', 'redact', 'util'],
  verdict: ['contract', 'journal', 'util'],
  report: ['contract', 'verdict', 'journal', 'util'],
  api: ['contract', 'redact', 'drill', 'journal', 'drivers', 'plan', 'run', 'verdict', 'report', 'util'],
  cli: ['api', 'contract', 'util'],
};

const folderRules = Object.entries(allowed).map(([folder, folders]) => ({
  name: `${folder}-imports-only-what-the-table-says`,
  severity: 'error',
  from: {path: `^src/${folder}/`},
  to: {path: '^(src|lab|bench|test)/', pathNot: `^src/(${[folder, ...folders].join('|')})/`},
}));

export default {
  forbidden: [
    ...folderRules,
    {
      name: 'a-driver-knows-no-other-driver',
      severity: 'error',
      from: {path: '^src/drivers/([^/]+)/'},
      to: {path: '^src/drivers/[^/]+/', pathNot: '^src/drivers/$1/'},
    },
    {
      name: 'drivers-shared-code-knows-no-driver',
      severity: 'error',
      from: {path: '^src/drivers/[^/]+\\.ts$'},
      to: {path: '^src/drivers/[^/]+/'},
    },
    {
      name: 'an-sdk-only-in-client',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/drivers/[^/]+/client\\.ts$'},
      to: {path: '(^|/)node_modules/(node-vault|pg|execa|@aws-sdk)/'},
    },
    {name: 'lab-knows-nothing-of-src', severity: 'error', from: {path: '^lab/'}, to: {path: '^(src|test|bench)/'}},
    {name: 'no-cycle', severity: 'error', from: {}, to: {circular: true}},
    {name: 'no-orphan', severity: 'error', from: {orphan: true, path: '^src/'}, to: {}},
    {name: 'resolvable', severity: 'error', from: {}, to: {couldNotResolve: true}},
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types']},
  },
};
