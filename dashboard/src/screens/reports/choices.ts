/** What a report is of, as its address says it: figures, their rows, and the time. */
import type { ExportSubject, ReportDimension, ReportMetric } from '../../gql/graphql';

export const TOPICS = ['revenue', 'customers', 'deliveries'] as const;
export type Topic = (typeof TOPICS)[number];

export const PERIODS = ['30d', '90d', '12m', 'all', 'own'] as const;
export type Period = (typeof PERIODS)[number];

const TIME = ['DAY', 'WEEK', 'MONTH'] as const satisfies ReportDimension[];
const PLACE = ['COUNTRY', 'CITY', 'TAG'] as const satisfies ReportDimension[];

interface Offer {
  /** The first is drawn. */
  metrics: ReportMetric[];
  by: readonly ReportDimension[];
  /** The rows behind the figures, as a file. */
  subject: ExportSubject;
}

/** What means something together: docs/reports.md has the table. */
export const OFFERS: Record<Topic, Offer> = {
  revenue: {
    metrics: ['REVENUE', 'ORDERS', 'AVERAGE_ORDER'],
    by: [...TIME, ...PLACE],
    subject: 'ORDERS',
  },
  customers: { metrics: ['CUSTOMERS'], by: [...TIME, ...PLACE, 'CHANNEL'], subject: 'CUSTOMERS' },
  deliveries: {
    metrics: ['DELIVERIES', 'DELIVERY_RATE'],
    by: [...TIME, ...PLACE, 'CHANNEL', 'CAMPAIGN'],
    subject: 'DELIVERIES',
  },
};

export interface Search {
  topic?: Topic;
  by?: ReportDimension;
  period?: Period;
  /** Days of an own period, both included. */
  from?: string;
  until?: string;
  compare?: true;
}

export interface Choice {
  topic: Topic;
  by: ReportDimension;
  period: Period;
  from: string | undefined;
  until: string | undefined;
  compare: boolean;
}

export function isTime(by: ReportDimension): boolean {
  return TIME.some((one) => one === by);
}

function day(given: unknown): string | undefined {
  const isDay = typeof given === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(given);
  return isDay && !Number.isNaN(Date.parse(given)) ? given : undefined;
}

/** What an address holds of a report, and nothing else of it. */
export function searchOf(given: Record<string, unknown>): Search {
  const topic = TOPICS.find((one) => one === given['topic']);
  const by = OFFERS[topic ?? 'revenue'].by.find((one) => one === given['by']);
  const period = PERIODS.find((one) => one === given['period']);
  const from = day(given['from']);
  const until = day(given['until']);
  return {
    ...(topic && { topic }),
    ...(by && { by }),
    ...(period && { period }),
    ...(period === 'own' && from && { from }),
    ...(period === 'own' && until && { until }),
    ...(given['compare'] === true && { compare: true as const }),
  };
}

export function choiceOf({ topic, by, period, from, until, compare }: Search): Choice {
  return {
    topic: topic ?? 'revenue',
    by: by ?? 'MONTH',
    period: period ?? '12m',
    from,
    until,
    compare: compare ?? false,
  };
}
