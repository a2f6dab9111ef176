/** Saved views of the customers' list: chosen, saved, renamed, shared and deleted. */
import { Button, Checkbox, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import type { ViewFragment } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { ColumnId } from './columns';
import type { Filters } from './filters';
import { VIEW_DELETE, VIEW_SAVE } from './queries';
import type { Sort } from './sorts';

export type View = ViewFragment;

/** What a view keeps. Searches are of the moment: they are not kept. */
export interface ViewState {
  columns: readonly ColumnId[];
  sort: Sort | null;
  filters: Filters;
  tags: readonly string[];
}

type Asked = 'new' | 'rename' | 'delete';

interface Props {
  views: readonly View[] | undefined;
  chosen: View | undefined;
  state: ViewState;
  /** With null, all customers as they come. */
  onChoose: (view: View | null) => void;
  onChanged: () => void;
}

export function Views({ views, chosen, state, onChoose, onChanged }: Props) {
  const text = useTexts();
  const [asked, ask] = useState<Asked | null>(null);
  const { isBusy, errors, change, clear } = useChange();
  if (!useMay('VIEWS_USE')) return null;

  const close = () => {
    ask(null);
    clear();
  };
  const save = async (input: { id?: string; name: string; isShared: boolean; state: unknown }) => {
    const saved = await change(VIEW_SAVE, { input: { list: 'customers', ...input } });
    const view = saved?.savedViewSave.savedView;
    if (!view) return;
    close();
    onChanged();
    onChoose(view);
  };
  const remove = async (id: string) => {
    if (!(await change(VIEW_DELETE, { id }))) return;
    close();
    onChanged();
    onChoose(null);
  };
  const isNew = asked === 'new';
  return (
    <>
      {/* Within the main part, and all that stands in it is an entry. */}
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" maw={220}>
            {chosen ? text('views.chosen', { name: chosen.name }) : text('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            data-autofocus
            onClick={() => {
              onChoose(null);
            }}
          >
            {text('views.all')}
          </Menu.Item>
          {views?.map((view) => (
            <Menu.Item
              key={view.id}
              aria-current={view.id === chosen?.id}
              fw={view.id === chosen?.id ? 700 : 400}
              rightSection={view.isShared ? <Text size="xs">{text('views.shared')}</Text> : null}
              onClick={() => {
                onChoose(view);
              }}
            >
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            onClick={() => {
              ask('new');
            }}
          >
            {text('views.new')}
          </Menu.Item>
          {chosen && (
            <>
              <Menu.Item onClick={() => void save({ ...partsOf(chosen), state })}>
                {text('views.update', { name: chosen.name })}
              </Menu.Item>
              <Menu.Item
                onClick={() => {
                  ask('rename');
                }}
              >
                {text('views.rename')}
              </Menu.Item>
              <Menu.Item
                c="light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))"
                onClick={() => {
                  ask('delete');
                }}
              >
                {text('views.delete')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked === null && <Errors errors={errors} />}
      <Modal
        opened={isNew || asked === 'rename'}
        onClose={close}
        title={text(isNew ? 'views.new' : 'views.rename')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <NameForm
          view={isNew ? undefined : chosen}
          isBusy={isBusy}
          refusal={errorAt(errors, 'name')}
          onSave={(name, isShared) =>
            void save(
              isNew || !chosen
                ? { name, isShared, state }
                : { id: chosen.id, name, isShared, state: chosen.state },
            )
          }
        />
        <Errors errors={errors} except={['name']} />
      </Modal>
      <Modal
        opened={asked === 'delete'}
        onClose={close}
        title={text('views.delete')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Text>{text('views.delete.sure', { name: chosen?.name ?? '' })}</Text>
        <Errors errors={errors} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" data-autofocus onClick={close}>
            {text('confirm.no')}
          </Button>
          <Button color="red" loading={isBusy} onClick={() => void (chosen && remove(chosen.id))}>
            {text('views.delete')}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

function partsOf({ id, name, isShared }: View) {
  return { id, name, isShared };
}

function NameForm({
  view,
  isBusy,
  refusal,
  onSave,
}: {
  view: View | undefined;
  isBusy: boolean;
  refusal: string | undefined;
  onSave: (name: string, isShared: boolean) => void;
}) {
  const text = useTexts();
  const [name, setName] = useState(view?.name ?? '');
  const [isShared, share] = useState(view?.isShared ?? false);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onSave(name.trim(), isShared);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label={text('views.name')}
          required
          data-autofocus
          value={name}
          error={refusal}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <Checkbox
          label={text('views.share')}
          checked={isShared}
          onChange={(event) => {
            share(event.currentTarget.checked);
          }}
        />
        <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
          {text('views.save')}
        </Button>
      </Stack>
    </form>
  );
}
