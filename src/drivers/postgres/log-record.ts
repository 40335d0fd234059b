import * as z from 'zod';

/** One line of the server's log, as far as it is used. */
export type LogRecord = {
  /** As the server writes it. */
  readonly time: string;
  readonly user: string;
  readonly database: string;
  /** Of one session, never given twice. */
  readonly session: string;
  readonly severity: string;
  readonly sqlState: string;
  readonly message: string;
  /** Of an error, the statement that failed. */
  readonly statement: string;
  readonly remote: string;
};

export type LogFormat = 'jsonlog' | 'csvlog';

/** When a line was written; NaN where it is none. Of a record of several lines, only the first one has it. */
export function timeOfLine(format: LogFormat): (line: string) => number {
  return (line) => {
    const time = format === 'jsonlog' ? (jsonRecord(line)?.time ?? '') : (line.match(/^[\d-]{10} [^,]+/)?.[0] ?? '');
    // By names of time zones (`CET`) no machine knows the time; within one log the order is enough.
    const known = Date.parse(time);
    return Number.isNaN(known) ? Date.parse(time.replace(/ [A-Z][A-Za-z]+$/, ' UTC')) : known;
  };
}

/** Takes lines one by one, and gives each record once it is whole; `undefined` for what is none. */
export function readRecords(format: LogFormat, each: (record: LogRecord | undefined) => void): (line: string) => void {
  if (format === 'jsonlog') return (line) => each(jsonRecord(line));
  let open = '';
  return (line) => {
    open = open === '' ? line : `${open}\n${line}`;
    // Within a field a quote stands twice, so that an odd number of them says that it goes on.
    if ((open.split('"').length - 1) % 2 !== 0) return;
    const whole = open;
    open = '';
    each(csvRecord(whole));
  };
}

const text = z.string().default('');
const jsonSchema = z
  .object({
    timestamp: z.string(),
    user: text,
    dbname: text,
    session_id: text,
    error_severity: text,
    state_code: text,
    message: text,
    statement: text,
    remote_host: text,
  })
  .transform(
    (line): LogRecord => ({
      time: line.timestamp,
      user: line.user,
      database: line.dbname,
      session: line.session_id,
      severity: line.error_severity,
      sqlState: line.state_code,
      message: line.message,
      statement: line.statement,
      remote: line.remote_host,
    }),
  );

function jsonRecord(line: string): LogRecord | undefined {
  try {
    return jsonSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Columns as PostgreSQL's documentation of `csvlog` numbers them; 23 of them since version 9. */
function csvRecord(line: string): LogRecord | undefined {
  const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
  if (fields.length < 23) return undefined;
  const at = (index: number): string => fields[index] ?? '';
  return {
    time: at(0),
    user: at(1),
    database: at(2),
    remote: at(4).replace(/:\d+$/, ''),
    session: at(5),
    severity: at(11),
    sqlState: at(12),
    message: at(13),
    statement: at(19),
  };
}
