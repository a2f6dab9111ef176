/** Tags given to many and taken from them. */
import { useState } from 'react';
import { useChange } from '../../api/change';
import { TagsChoice } from '../../components/choices';
import { useTexts } from '../../texts';
import { TAG } from './changes';
import { Dialog } from './dialog';
import type { DialogProps } from './selection';

export function TagDialog({ target, count, onClose, onDone }: DialogProps) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const submit = async () => {
    const input = { target, ...(add.length && { add }), ...(remove.length && { remove }) };
    const operation = (await change(TAG, { input }))?.customersTag.operation;
    if (operation) onDone({ kind: 'operation', operation });
  };
  return (
    <Dialog
      title={text('selection.tag')}
      submit={text('selection.tag.submit')}
      count={count}
      isBusy={isBusy}
      isReady={add.length + remove.length > 0}
      errors={errors}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <TagsChoice label={text('selection.tag.add')} data-autofocus value={add} onChange={setAdd} />
      <TagsChoice label={text('selection.tag.remove')} value={remove} onChange={setRemove} />
    </Dialog>
  );
}
