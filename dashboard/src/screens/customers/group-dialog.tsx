/** Many put into a group, also a new one, or taken out of it. */
import { SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { GroupChoice } from '../../components/choices';
import { useTexts } from '../../texts';
import { GROUP_ADD, GROUP_CREATE, GROUP_REMOVE } from './changes';
import { Dialog } from './dialog';
import type { DialogProps } from './selection';

const WAYS = ['add', 'new', 'remove'] as const;

export function GroupDialog({ target, count, onClose, onDone }: DialogProps) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [way, setWay] = useState<(typeof WAYS)[number]>('add');
  const [group, setGroup] = useState<{ id: string; name: string } | null>(null);
  const [name, setName] = useState('');
  const submit = async () => {
    let chosen = group;
    if (way === 'new') {
      chosen = (await change(GROUP_CREATE, { name }))?.groupCreate.group ?? null;
      // Should the members be refused, the group is there: the next try is with it.
      if (chosen) {
        setGroup(chosen);
        setWay('add');
      }
    }
    if (!chosen) return;
    const variables = { input: { id: chosen.id, target } };
    const operation =
      way === 'remove'
        ? (await change(GROUP_REMOVE, variables))?.groupMembersRemove.operation
        : (await change(GROUP_ADD, variables))?.groupMembersAdd.operation;
    if (operation) onDone({ kind: 'operation', operation });
  };
  return (
    <Dialog
      title={text('selection.group')}
      submit={text('selection.group.submit')}
      count={count}
      isBusy={isBusy}
      isReady={way === 'new' ? name.trim() !== '' : group !== null}
      errors={errors.filter(({ path }) => path.join('.') !== 'name')}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <SegmentedControl
        aria-label={text('selection.group.way')}
        fullWidth
        data={WAYS.map((value) => ({ value, label: text(`selection.group.${value}`) }))}
        value={way}
        onChange={setWay}
      />
      {way === 'new' ? (
        <TextInput
          label={text('selection.group.name')}
          value={name}
          error={errorAt(errors, 'name')}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
      ) : (
        <GroupChoice label={text('filters.group')} value={group} onChange={setGroup} />
      )}
    </Dialog>
  );
}
