/** Reports that are kept under a name, for all to see: opened by their addresses, saved, renamed, replaced, deleted. */
import { Button, Menu, Text, type MenuItemProps } from '@mantine/core';
import { createLink, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode, type Ref } from 'react';
import { useAgain } from '../../api/again';
import { useChange } from '../../api/change';
import { Dialog, DialogForm } from '../../components/dialog';
import { Errors } from '../../components/errors';
import { NameForm } from '../../components/name-form';
import { useMay } from '../../components/permissions';
import { useSaid } from '../../components/said';
import type { KeptReportFragment, RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { areSame, searchOf, type Choice, type Kept } from './choices';
import { REPORT_DELETE, REPORT_SAVE, SAVED_REPORTS } from './queries';

export type SavedReport = KeptReportFragment;

type Asked = 'new' | 'rename' | 'delete';

const ItemLink = createLink(
  (props: MenuItemProps & { children?: ReactNode; ref?: Ref<HTMLAnchorElement> }) => (
    <Menu.Item component="a" {...props} />
  ),
);

interface Props {
  reports: readonly SavedReport[] | undefined;
  opened: SavedReport | undefined;
  /** What is looked at, which may differ from what was opened. */
  choice: Choice;
}

export function SavedReports({ reports, opened, choice }: Props) {
  const text = useTexts();
  const maySave = useMay('ANALYTICS_WRITE');
  const [asked, ask] = useState<Asked | null>(null);
  const { said, say } = useSaid();
  const { isBusy, errors, clear, save, remove } = useSaving(say);
  const isChanged = opened && !(areSame(opened.metrics, choice.metrics) && opened.by === choice.by);
  const close = () => {
    ask(null);
    clear();
  };
  const named = async (name: string) => {
    const isRenamed = asked === 'rename' && opened;
    if (await save(name, isRenamed ? opened : choice, isRenamed ? opened.id : null)) close();
  };
  return (
    <>
      {said}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" loading={isBusy && asked === null}>
            {text('reports.saved')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown maw={340} mah={420} style={{ overflowY: 'auto' }}>
          <Opening reports={reports} opened={opened} maySave={maySave} />
          {maySave && <Menu.Divider />}
          {maySave && (
            <Menu.Item
              onClick={() => {
                ask('new');
              }}
            >
              {text('reports.saved.new')}
            </Menu.Item>
          )}
          {maySave && opened && (
            <Changing
              opened={opened}
              onAsk={ask}
              onReplace={isChanged && (() => void save(opened.name, choice, opened.id))}
            />
          )}
        </Menu.Dropdown>
      </Menu>
      {asked === null && <Errors errors={errors} />}
      <Dialog
        title={text(asked === 'rename' ? 'reports.saved.rename' : 'reports.saved.new')}
        isOpen={asked === 'new' || asked === 'rename'}
        onClose={close}
      >
        <NameForm
          hint={text('reports.saved.hint')}
          first={asked === 'rename' ? (opened?.name ?? '') : ''}
          isBusy={isBusy}
          errors={errors}
          onSave={(name) => void named(name)}
          onClose={close}
        />
      </Dialog>
      <Dialog title={text('reports.saved.delete')} isOpen={asked === 'delete'} onClose={close}>
        <DialogForm
          submit={text('reports.saved.delete')}
          isBusy={isBusy}
          errors={errors}
          except={[]}
          onSubmit={(event) => {
            event.preventDefault();
            if (!opened) return;
            void remove(opened).then((isGone) => {
              if (isGone) close();
            });
          }}
          onClose={close}
        >
          <Text>{text('reports.saved.delete.sure', { name: opened?.name ?? '' })}</Text>
        </DialogForm>
      </Dialog>
    </>
  );
}

/** Writes, reads the list anew, and goes to where the report then is; false where it was refused. */
function useSaving(say: (sentence: string) => void) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/reports' });
  const { period, from, until, compare } = useSearch({ from: '/reports' });
  const { isBusy, errors, change, clear } = useChange();
  const again = useAgain();
  const goTo = (saved: string | undefined) =>
    navigate({ search: searchOf({ saved, period, from, until, compare }) });
  const save = async (name: string, { metrics, by, rule }: Kept, id: string | null) => {
    const kept = { metrics, by, rule: rule as RuleInput | null };
    const done = await change(REPORT_SAVE, { input: { id, name, ...kept } });
    const made = done?.reportSave.savedReport;
    if (!made) return false;
    await again(SAVED_REPORTS, {});
    await goTo(made.id);
    say(text('reports.saved.done', { name: made.name }));
    return true;
  };
  const remove = async ({ id, name }: SavedReport) => {
    if (!(await change(REPORT_DELETE, { id }))) return false;
    // First away from what is gone, which the list does not hold any more.
    await goTo(undefined);
    await again(SAVED_REPORTS, {});
    say(text('reports.saved.deleted', { name }));
    return true;
  };
  return { isBusy, errors, clear, save, remove };
}

function Opening({ reports, opened, maySave }: Pick<Props, 'reports' | 'opened'> & { maySave: boolean }) {
  const text = useTexts();
  if (!reports?.length)
    return (
      <Text size="sm" c="dimmed" px="sm" py={6}>
        {text(maySave ? 'reports.saved.none' : 'reports.saved.noneYet')}
      </Text>
    );
  return (
    <>
      {opened && (
        <ItemLink to="/reports" search={{}}>
          {text('reports.saved.all')}
        </ItemLink>
      )}
      {reports.map(({ id, name }) => (
        <ItemLink
          key={id}
          to="/reports"
          search={({ period, from, until, compare }) => searchOf({ saved: id, period, from, until, compare })}
          fw={id === opened?.id ? 700 : 400}
          style={{ overflowWrap: 'anywhere' }}
        >
          {name}
        </ItemLink>
      ))}
    </>
  );
}

function Changing({
  opened: { name },
  onAsk,
  onReplace,
}: {
  opened: SavedReport;
  onAsk: (asked: Asked) => void;
  /** Undefined where what is looked at is what is kept. */
  onReplace: (() => void) | undefined | false;
}) {
  const text = useTexts();
  return (
    <>
      {onReplace && (
        <Menu.Item onClick={onReplace} style={{ overflowWrap: 'anywhere' }}>
          {text('reports.saved.replace', { name })}
        </Menu.Item>
      )}
      <Menu.Item
        onClick={() => {
          onAsk('rename');
        }}
      >
        {text('reports.saved.rename')}
      </Menu.Item>
      <Menu.Item
        color="red"
        onClick={() => {
          onAsk('delete');
        }}
      >
        {text('reports.saved.delete')}
      </Menu.Item>
    </>
  );
}
