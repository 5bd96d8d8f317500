import * as z from 'zod';

/**
 * Where a secret is, instead of the secret: settings can then be printed, compared and kept in version control.
 * `env` names an environment variable, `file` a path whose content, without a final line break, is the secret.
 */
export const secretRefSchema = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of an environment variable') }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  { error: 'a secret is given by reference, as {"env": "NAME"} or {"file": "PATH"}' },
);
export type SecretRef = z.output<typeof secretRefSchema>;

/**
 * Reads a secret; given by the code that owns environment and files.
 * @throws DomainError `INVALID_CONFIG` that names the reference when there is nothing, or nothing readable, behind it.
 */
export type ReadSecret = (ref: SecretRef) => string;
