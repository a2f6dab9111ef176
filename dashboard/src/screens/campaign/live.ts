/** A campaign as it stands now: read once, then moved by its events, unless they are held. */
import { useEffect } from 'react';
import { useQuery, useSubscription } from 'urql';
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

/** Counts by cause, time and link: again every few seconds while it moves, and once more when it has stopped. */
export function useOutcomes({ id, status }: Campaign, isPaused: boolean): Outcomes | null | undefined {
  const [{ data }, again] = useQuery({ query: OUTCOMES, variables: { id } });
  const isMoving = status === 'SENDING' && !isPaused;
  useEffect(() => {
    if (!isMoving) return;
    const clock = setInterval(() => {
      again({ requestPolicy: 'network-only' });
    }, COUNT_EVERY_MS);
    return () => {
      clearInterval(clock);
      again({ requestPolicy: 'network-only' });
    };
  }, [isMoving, again]);
  return data?.campaign;
}
