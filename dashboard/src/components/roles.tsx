/** The roles, each with what it may do. */
import { Radio, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Role } from '../gql/graphql';
import { useTexts } from '../texts';

export const PEOPLE: readonly Role[] = ['ADMIN', 'MARKETER', 'VIEWER'];
export const MACHINES: readonly Role[] = ['INGESTOR', 'VIEWER', 'MARKETER', 'ADMIN'];

export function RoleChoice({
  roles,
  value,
  error,
  onChange,
}: {
  roles: readonly Role[];
  value: Role;
  error?: ReactNode;
  onChange: (role: Role) => void;
}) {
  const text = useTexts();
  return (
    <Radio.Group
      label={text('role')}
      value={value}
      error={error}
      onChange={(chosen) => {
        onChange(chosen);
      }}
    >
      <Stack gap="xs" mt={6}>
        {(roles.includes(value) ? roles : [...roles, value]).map((role) => (
          <Radio
            key={role}
            value={role}
            label={text(`role.${role}`)}
            description={text(`role.${role}.may`)}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
