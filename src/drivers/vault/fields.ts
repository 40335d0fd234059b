import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';

const mountPath = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_./-]*[A-Za-z0-9_]$|^[A-Za-z0-9_]$/,
    'Expected the path of a mount, without slashes at its ends.',
  );

export const roleField = identifierField.meta({description: 'The AppRole'});
export const approleMount = mountPath.default('approle').meta({description: 'Where AppRole is mounted'});
export const databaseMount = mountPath.default('database').meta({description: 'Where the database engine is mounted'});
export const deliverToField = z
  .string()
  .min(1)
  .meta({description: 'The file that the integration reads its secret-id from'});
