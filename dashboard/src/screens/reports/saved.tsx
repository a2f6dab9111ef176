/** Reports that are kept under a name, for all to see: opened by their addresses, saved, renamed, replaced, deleted. */
import { Menu, Text, type MenuItemProps } from '@mantine/core';
import { createLink, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode, Ref } from 'react';
import { useAgain } from '../../api/again';
import { useChange } from '../../api/change';
import { Keeping } from '../../components/keeping';
import { useMay } from '../../components/permissions';
import { useSaid } from '../../components/said';
import type { KeptReportFragment, RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { areSame, searchOf, type Choice, type Kept } from './choices';
import { REPORT_DELETE, REPORT_SAVE, SAVED_REPORTS } from './queries';

export type SavedReport = KeptReportFragment;

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
  const { said, say } = useSaid();
  const { isBusy, errors, clear, save, remove } = useSaving(say);
  const isSame = opened && areSame(opened.metrics, choice.metrics) && opened.by === choice.by;
  return (
    <>
      {said}
      <Keeping
        words={{
          menu: text('reports.saved'),
          new: text('reports.saved.new'),
          hint: text('reports.saved.hint'),
          delete: text('reports.saved.delete'),
          sure: text('reports.saved.delete.sure'),
        }}
        chosen={opened?.name}
        mayKeep={maySave}
        isChanged={!isSame}
        isBusy={isBusy}
        errors={errors}
        onClear={clear}
        onNew={(name) => save(name, choice, null)}
        onRename={async (name) => opened !== undefined && save(name, opened, opened.id)}
        onReplace={async () => opened !== undefined && save(opened.name, choice, opened.id)}
        onDelete={async () => opened !== undefined && remove(opened)}
      >
        <Opening reports={reports} opened={opened} maySave={maySave} />
      </Keeping>
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
