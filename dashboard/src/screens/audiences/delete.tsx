/** Deleting an audience, after a question. */
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import { DELETE } from './queries';

export function DeleteAudience({
  id,
  name,
  size,
  onDeleted,
}: {
  id: string;
  name: string;
  size?: 'compact-sm';
  onDeleted: () => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  return (
    <>
      <ConfirmedButton
        label={text('audiences.delete')}
        question={text('audiences.delete.sure', { name })}
        color="red"
        {...(size && { size, subject: name })}
        isBusy={isBusy}
        onConfirm={() => {
          void change(DELETE, { input: { id } }).then((data) => {
            if (data) onDeleted();
          });
        }}
      />
      <Errors errors={errors} />
    </>
  );
}
