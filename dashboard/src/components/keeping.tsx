/** What is kept under names, as a menu: what there is, and keeping, replacing, renaming and deleting. */
import { Button, Menu, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { UserError } from '../api/change';
import { useTexts } from '../texts';
import { Dialog, DialogForm } from './dialog';
import { Errors } from './errors';
import { NameForm } from './name-form';

type Asked = 'new' | 'rename' | 'delete';

export interface KeepingWords {
  menu: string;
  new: string;
  /** What is kept of what is shown, and what is not. */
  hint: string;
  delete: string;
  /** Whom it goes for. */
  sure: string;
}

interface Props {
  words: KeepingWords;
  /** The name of what was chosen. */
  chosen: string | undefined;
  mayKeep: boolean;
  /** Whether what is shown differs from what was chosen. */
  isChanged: boolean;
  isBusy: boolean;
  errors: readonly UserError[];
  onClear: () => void;
  /** Each answers whether it was taken. */
  onNew: (name: string) => Promise<boolean>;
  onRename: (name: string) => Promise<boolean>;
  onReplace: () => Promise<boolean>;
  onDelete: () => Promise<boolean>;
  /** Items that choose. */
  children?: ReactNode;
}

export function Keeping({ children, ...props }: Props) {
  const { words, chosen, mayKeep, isChanged, isBusy, errors, onClear, onReplace } = props;
  const text = useTexts();
  const [asked, ask] = useState<Asked | null>(null);
  const item = (next: Asked, label: string, c?: string) => (
    <Menu.Item
      {...(c && { c })}
      onClick={() => {
        ask(next);
      }}
    >
      {label}
    </Menu.Item>
  );
  return (
    <>
      {/* Within the main part, and all that stands in it is an entry. */}
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" loading={isBusy && asked === null}>
            {words.menu}
          </Button>
        </Menu.Target>
        <Menu.Dropdown maw={340} mah={420} style={{ overflowY: 'auto' }}>
          {children}
          {children && mayKeep && <Menu.Divider />}
          {mayKeep && item('new', words.new)}
          {mayKeep && chosen !== undefined && (
            <>
              {isChanged && (
                <Menu.Item style={{ overflowWrap: 'anywhere' }} onClick={() => void onReplace()}>
                  {text('keeping.replace', { name: chosen })}
                </Menu.Item>
              )}
              {item('rename', text('keeping.rename'))}
              {item(
                'delete',
                words.delete,
                'light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))',
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked === null && <Errors errors={errors} />}
      <Dialogs
        {...props}
        asked={asked}
        onClose={() => {
          ask(null);
          onClear();
        }}
      />
    </>
  );
}

function Dialogs({
  words,
  chosen = '',
  isBusy,
  errors,
  onNew,
  onRename,
  onDelete,
  asked,
  onClose,
}: Omit<Props, 'children'> & { asked: Asked | null; onClose: () => void }) {
  const text = useTexts();
  const closeIf = (isDone: boolean) => {
    if (isDone) onClose();
  };
  return (
    <>
      <Dialog
        title={asked === 'rename' ? text('keeping.rename') : words.new}
        isOpen={asked === 'new' || asked === 'rename'}
        onClose={onClose}
      >
        <NameForm
          first={asked === 'rename' ? chosen : ''}
          hint={words.hint}
          isBusy={isBusy}
          errors={errors}
          onSave={(name) => void (asked === 'rename' ? onRename(name) : onNew(name)).then(closeIf)}
          onClose={onClose}
        />
      </Dialog>
      <Dialog title={words.delete} isOpen={asked === 'delete'} onClose={onClose}>
        <DialogForm
          submit={words.delete}
          isBusy={isBusy}
          errors={errors}
          except={[]}
          onSubmit={(event) => {
            event.preventDefault();
            void onDelete().then(closeIf);
          }}
          onClose={onClose}
        >
          <Text style={{ overflowWrap: 'anywhere' }}>
            {text('keeping.sure', { name: chosen })} {words.sure}
          </Text>
        </DialogForm>
      </Dialog>
    </>
  );
}
