/** What was done, by whom, and whether it succeeded; by kind and by who did it. */
import { Card, Group, Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { keptFile } from '../../api/kept-file';
import { DownloadButton } from '../../components/download';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Pager, usePlace } from '../../components/pager';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { SettingsScreen } from '../settings/frame';
import { actionText, ACTIONS } from './actions';
import { ACTORS, AUDIT } from './queries';
import { EventsTable } from './table';

const SIZE = 50;

export default function Page() {
  const text = useTexts();
  const { action, actor } = useSearch({ from: '/settings/audit' });
  const [place, go] = usePlace(SIZE, `${action ?? ''} ${actor ?? ''}`);
  const [{ data, error, stale }, again] = useQuery({
    query: AUDIT,
    variables: { ...place, filter: { action: action ?? null, actorId: actor ?? null } },
  });
  const found = data?.auditEvents;
  const isFiltered = action !== undefined || actor !== undefined;
  return (
    <SettingsScreen
      title={text('audit.title')}
      aside={
        <DownloadButton
          label={text('audit.download')}
          address={() => keptFile(exportOf(action, actor))}
          name="audit.csv"
          gone="error.title"
        />
      }
    >
      <Filters />
      {error && !found ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={stale || found === undefined}>
          {found?.nodes.length === 0 ? (
            <Empty
              next={
                isFiltered && (
                  <ButtonLink to="/settings/audit" search={{}} variant="default">
                    {text('audit.everything')}
                  </ButtonLink>
                )
              }
            >
              {text(isFiltered ? 'audit.empty.filtered' : 'audit.empty')}
            </Empty>
          ) : (
            <EventsTable events={found?.nodes} />
          )}
        </Card>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={go} />
    </SettingsScreen>
  );
}

/** All that match, as a file: see docs/security.md. */
function exportOf(action: string | undefined, actor: string | undefined): string {
  const wanted = { format: 'csv', ...(action && { action }), ...(actor && { actorId: actor }) };
  return `/audit/export?${new URLSearchParams(wanted).toString()}`;
}

function Filters() {
  const text = useTexts();
  const intl = useIntl();
  const { action, actor } = useSearch({ from: '/settings/audit' });
  const navigate = useNavigate({ from: '/settings/audit' });
  const [{ data }] = useQuery({ query: ACTORS });
  const kinds = useMemo(() => {
    const labelled = ACTIONS.map((value) => {
      const id = actionText(value);
      return { value: value, label: id ? intl.formatMessage({ id }) : value };
    });
    return labelled.sort((one, other) => one.label.localeCompare(other.label, intl.locale));
  }, [intl]);
  const users = data?.users?.nodes.map(({ id, email }) => ({ value: id, label: email })) ?? [];
  const keys = data?.apiKeys?.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <Group>
      <Select
        aria-label={text('audit.action')}
        placeholder={text('audit.action.all')}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': text('audit.action.all') }}
        nothingFoundMessage={text('settings.none')}
        w={{ base: '100%', xs: 280 }}
        data={kinds}
        value={action ?? null}
        onChange={(value) => {
          void navigate({ search: { ...(value && { action: value }), ...(actor && { actor }) } });
        }}
      />
      <Select
        aria-label={text('audit.actor')}
        placeholder={text('audit.actor.all')}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': text('audit.actor.all') }}
        nothingFoundMessage={text('settings.none')}
        w={{ base: '100%', xs: 280 }}
        data={[
          { group: text('users.title'), items: users },
          { group: text('keys.title'), items: keys },
        ]}
        value={actor ?? null}
        onChange={(value) => {
          void navigate({ search: { ...(action && { action }), ...(value && { actor: value }) } });
        }}
      />
    </Group>
  );
}
