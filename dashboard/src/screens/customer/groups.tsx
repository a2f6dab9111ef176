/** The groups that a customer is in: into more, and out again. */
import { Group, Pill, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { GroupChoice } from '../../components/choices';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { JOIN, LEAVE } from './changes';

export function Groups({
  id,
  groups,
  onChanged,
}: {
  id: string;
  groups: readonly { id: string; name: string }[];
  onChanged: () => void;
}) {
  const text = useTexts();
  const mayWrite = useMay('CUSTOMERS_WRITE');
  const { isBusy, errors, change } = useChange();
  const [turn, setTurn] = useState(0);
  const move = async (way: 'in' | 'out', group: string) => {
    const variables = { group, customer: id };
    if (!(await (way === 'in' ? change(JOIN, variables) : change(LEAVE, variables)))) return;
    // The field for the next one is empty.
    setTurn((before) => before + 1);
    onChanged();
  };
  return (
    <Panel title={text('customer.groups')}>
      <Stack gap="sm">
        {groups.length === 0 ? (
          <Text size="sm" c="dimmed">
            {text('customer.groups.empty')}
          </Text>
        ) : (
          <Group gap={6}>
            {groups.map((group) => (
              <Pill
                key={group.id}
                size="md"
                withRemoveButton={mayWrite}
                disabled={isBusy}
                onRemove={() => void move('out', group.id)}
                removeButtonProps={{
                  'aria-label': text('customer.groups.leave', { name: group.name }),
                  'aria-hidden': false,
                  tabIndex: 0,
                }}
              >
                {group.name}
              </Pill>
            ))}
          </Group>
        )}
        {mayWrite && (
          <GroupChoice
            key={turn}
            maw={320}
            label={text('customer.groups.join')}
            value={null}
            disabled={isBusy}
            onChange={(group) => {
              if (group) void move('in', group.id);
            }}
          />
        )}
        <Errors errors={errors} />
      </Stack>
    </Panel>
  );
}
