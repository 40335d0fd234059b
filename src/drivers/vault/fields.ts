import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';

/** A path as Vault has it: no slash at its ends, no empty segment, and none that leads elsewhere. */
export const pathField = z
  .string()
  .regex(
    /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/,
    'Expected a path such as `database/creds/orders-mcp`, without slashes at its ends, `.` or `..`.',
  );

export const roleField = identifierField.meta({description: 'The AppRole'});
export const approleMount = pathField.default('approle').meta({description: 'Where AppRole is mounted'});
export const databaseMount = pathField.default('database').meta({description: 'Where the database engine is mounted'});
export const deliverToField = z
  .string()
  .min(1)
  .meta({description: 'The file that the integration reads its secret-id from'});
