/** What the server refused, in its words, where no field shows it. */
import { Alert, List } from '@mantine/core';
import type { UserError } from '../api/change';

export function Errors({
  errors,
  except = [],
}: {
  errors: readonly UserError[];
  /** Paths that a field of the form shows by itself. */
  except?: readonly string[];
}) {
  const shown = errors.filter((error) => !except.includes(error.path.join('.')));
  if (shown.length === 0) return null;
  return (
    <Alert color="red" role="alert" p="xs">
      {shown.length === 1 ? (
        shown[0]?.message
      ) : (
        <List size="sm">
          {shown.map((error) => (
            <List.Item key={`${error.path.join('.')} ${error.message}`}>{error.message}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}
