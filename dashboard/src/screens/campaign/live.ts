/** A campaign as it stands now: read once, then moved by its events, unless they are held. */
import { startTransition, useEffect, useRef, useState } from 'react';
import { useClient, useQuery, useSubscription } from 'urql';
import type { CampaignQuery, OutcomesQuery, ProgressSubscription } from '../../gql/graphql';
import { CAMPAIGN, OUTCOMES, PROGRESS } from './queries';

const COUNT_EVERY_MS = 3_000;

export type Campaign = NonNullable<CampaignQuery['campaign']>;
export type Outcomes = NonNullable<OutcomesQuery['campaign']>;
export type Progress = ProgressSubscription['campaignProgress'];

interface Event {
  progress: Progress;
  /** When it came, by the clock of this machine. */
  at: number;
}

export function useCampaign(id: string) {
  const [{ data, error }, again] = useQuery({ query: CAMPAIGN, variables: { id } });
  return {
    campaign: data?.campaign,
    error,
    again: () => {
      again({ requestPolicy: 'network-only' });
    },
  };
}

/** Its last event, which has moved the cache too. */
export function useProgress(id: string, isPaused: boolean): Event | undefined {
  const [{ data }] = useSubscription<ProgressSubscription, Event>(
    { query: PROGRESS, variables: { id }, pause: isPaused },
    (_, { campaignProgress: progress }) => ({ progress, at: Date.now() }),
  );
  return data?.progress.campaignId === id ? data : undefined;
}

/**
 * Counts by cause, time, link and variant: again after each change, but only every few seconds. Each is read once
 * and kept here: a query that stays open would be read out of the cache anew with every event.
 */
export function useOutcomes({ id, revision }: Campaign, isPaused: boolean): Outcomes | null | undefined {
  const client = useClient();
  const [outcomes, setOutcomes] = useState<Outcomes | null>();
  const counted = useRef<number>(undefined);
  const newest = useRef(revision);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    newest.current = revision;
    if (isPaused || counted.current === revision) return;
    const wait = counted.current === undefined ? 0 : COUNT_EVERY_MS;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      counted.current = newest.current;
      void client
        .query(OUTCOMES, { id }, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => {
          // What it costs to draw must not hold up what moves faster.
          if (data)
            startTransition(() => {
              setOutcomes(data.campaign);
            });
        });
    }, wait);
  }, [client, id, isPaused, revision]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return outcomes;
}
