/** One campaign, live: its state, its figures, a chart that moves, its deliveries as they change. */
import { Alert, Group, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { fetched } from '../../api/fetched';
import { Announcement } from '../../components/announcement';
import { Awaited } from '../../components/awaited';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Screen } from '../../components/screen';
import { Status } from '../../components/status';
import { Updated } from '../../components/updated';
import { useTexts } from '../../texts';
import { Actions } from './actions';
import { Deliveries } from './deliveries';
import { Effect } from './effect';
import { Figures, Results } from './figures';
import { useCampaign, useOutcomes, useProgress, type Campaign, type Outcomes, type Progress } from './live';
import { Failures, Links } from './outcomes';
import type { Search } from './filters';
import { Variants } from './variants';

const Chart = lazy(() => fetched(() => import('./chart')));
const NONE: Outcomes['variants'] = [];

export default function Page() {
  const { id } = useParams({ from: '/campaigns/$id' });
  const { campaign, error, again } = useCampaign(id);
  if (campaign) return <Live key={id} campaign={campaign} />;
  return (
    <Awaited kind="campaign" found={campaign} error={error} onRetry={again}>
      <Skeleton height={36} width={260} />
      <Skeleton height={110} />
      <Skeleton height={300} />
      <Skeleton height={480} />
    </Awaited>
  );
}

function Live({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  const [isPaused, setPaused] = useState(false);
  const event = useProgress(campaign.id, isPaused);
  const { total, delivered, failed } = campaign.stats;
  return (
    <Screen title={campaign.name} aside={<Actions campaign={campaign} />}>
      <Group justify="space-between">
        <About campaign={campaign} />
        <Updated at={event?.at ?? null} isPaused={isPaused} onPause={setPaused} />
      </Group>
      <Announcement>
        {`${text(`status.${campaign.status}`)}. ${text('campaign.announce', { total, delivered, failed })}`}
      </Announcement>
      {campaign.failureReason && (
        <Alert color="red" title={text('status.FAILED')}>
          {campaign.failureReason}
        </Alert>
      )}
      {campaign.status === 'PAUSED' && campaign.pauseReason && (
        <Alert color="orange" title={text('campaign.paused')}>
          {campaign.pauseReason}
        </Alert>
      )}
      {campaign.launchedAt === null ? (
        <Written campaign={campaign} />
      ) : (
        <>
          <Figures campaign={campaign} progress={event?.progress} />
          <Results campaign={campaign} progress={event?.progress} />
          <Launched campaign={campaign} progress={event?.progress} isPaused={isPaused} />
        </>
      )}
    </Screen>
  );
}

function About({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  return (
    <Group gap="sm">
      <Status status={campaign.status} />
      <Text size="sm">{text(`channel.${campaign.channel}`)}</Text>
      <Text size="sm" c="dimmed">
        <Moment at={campaign.launchedAt ?? campaign.scheduledAt ?? campaign.createdAt} />
      </Text>
      <Text size="sm" c="dimmed">
        {campaign.audience?.name ?? campaign.audienceRuleText}
      </Text>
    </Group>
  );
}

function Launched({
  campaign,
  progress,
  isPaused,
}: {
  campaign: Campaign;
  progress: Progress | undefined;
  isPaused: boolean;
}) {
  const text = useTexts();
  const outcomes = useOutcomes(campaign, isPaused);
  const search = useSearch({ from: '/campaigns/$id' });
  const navigate = useNavigate({ from: '/campaigns/$id' });
  const variants = outcomes?.variants ?? NONE;
  const keys = useMemo(() => variants.map(({ key }) => key), [variants]);
  const go = useCallback(
    (next: Search) => {
      void navigate({ search: next, replace: true, resetScroll: false });
    },
    [navigate],
  );
  const { id, tracksOpens, tracksClicks } = campaign;
  return (
    <>
      {campaign.holdout > 0 && <Effect campaign={campaign} results={progress?.results} />}
      {variants.length > 0 && (
        <Variants variants={variants} tracksOpens={tracksOpens} tracksClicks={tracksClicks} />
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title={text('campaign.chart')} mih={340}>
          <Suspense fallback={<Skeleton height={280} />}>
            {outcomes?.timeline ? (
              <Chart points={outcomes.timeline} isTracked={tracksOpens || tracksClicks} />
            ) : (
              <Skeleton height={280} />
            )}
          </Suspense>
        </Panel>
        <Failures failures={outcomes?.failures} onFilter={go} />
      </SimpleGrid>
      {tracksClicks && <Links links={outcomes?.links} />}
      <Deliveries id={id} search={search} variants={keys} onSearch={go} isPaused={isPaused} />
    </>
  );
}

/** Before its launch: what will be sent, to whom. */
function Written({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel title={text('campaign.message')}>
        <Text fw={600}>{campaign.message.subject}</Text>
        <Text style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {campaign.message.body || text('campaign.message.empty')}
        </Text>
      </Panel>
      <Panel title={text('campaign.audience')}>
        <Text fw={600}>{campaign.audience?.name}</Text>
        <Text style={{ overflowWrap: 'anywhere' }}>{campaign.audienceRuleText}</Text>
      </Panel>
    </SimpleGrid>
  );
}
