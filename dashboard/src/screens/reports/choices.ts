/** What a report is of, as its address says it: figures, their rows, and the time. */
import type { ExportSubject, ReportDimension, ReportMetric, RuleInput } from '../../gql/graphql';

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

const DIMENSIONS = OFFERS.deliveries.by;

export interface Search {
  /** The id of a saved report; a topic or rows beside it go before its own. */
  saved?: string;
  topic?: Topic;
  by?: ReportDimension;
  period?: Period;
  /** Days of an own period, both included. */
  from?: string;
  until?: string;
  compare?: true;
}

/** What a saved report holds: no period. */
export interface Kept {
  metrics: ReportMetric[];
  by: ReportDimension;
  /** Whose figures, in the shape of RuleInput. */
  rule?: unknown;
}

export interface Choice {
  /** The first is drawn. */
  metrics: ReportMetric[];
  by: ReportDimension;
  /** Null: of all customers. */
  rule: RuleInput | null;
  period: Period;
  from: string | undefined;
  until: string | undefined;
  compare: boolean;
}

/** The topic whose figures these are, or some of them; null where they are of several. */
export function topicOf(metrics: readonly ReportMetric[]): Topic | null {
  return TOPICS.find((topic) => metrics.every((one) => OFFERS[topic].metrics.includes(one))) ?? null;
}

/** What rows can be of these figures. */
export function dimensionsOf(metrics: readonly ReportMetric[]): readonly ReportDimension[] {
  const topics = TOPICS.filter((topic) => metrics.some((one) => OFFERS[topic].metrics.includes(one)));
  return DIMENSIONS.filter((by) => topics.every((topic) => OFFERS[topic].by.includes(by)));
}

/** Whether they are the same figures in the same order. */
export function areSame(these: readonly ReportMetric[], those: readonly ReportMetric[]): boolean {
  return these.join() === those.join();
}

export function isTime(by: ReportDimension): boolean {
  return TIME.some((one) => one === by);
}

function day(given: unknown): string | undefined {
  const isDay = typeof given === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(given);
  return isDay && !Number.isNaN(Date.parse(given)) ? given : undefined;
}

function idOf(given: unknown): string | undefined {
  return typeof given === 'string' && /^[\w+/=-]{1,200}$/.test(given) ? given : undefined;
}

/** What an address holds of a report, and nothing else of it. */
export function searchOf(given: Record<string, unknown>): Search {
  const saved = idOf(given['saved']);
  const topic = TOPICS.find((one) => one === given['topic']);
  const offered = saved && !topic ? DIMENSIONS : OFFERS[topic ?? 'revenue'].by;
  const by = offered.find((one) => one === given['by']);
  const period = PERIODS.find((one) => one === given['period']);
  const from = day(given['from']);
  const until = day(given['until']);
  return {
    ...(saved && { saved }),
    ...(topic && { topic }),
    ...(by && { by }),
    ...(period && { period }),
    ...(period === 'own' && from && { from }),
    ...(period === 'own' && until && { until }),
    ...(given['compare'] === true && { compare: true as const }),
  };
}

/** What an address asks for, over what the saved report holds that it names. */
export function choiceOf({ topic, by, period, from, until, compare }: Search, kept: Kept | null): Choice {
  const metrics = kept && !topic ? kept.metrics : OFFERS[topic ?? 'revenue'].metrics;
  const wanted = by ?? kept?.by ?? 'MONTH';
  return {
    metrics,
    by: dimensionsOf(metrics).includes(wanted) ? wanted : 'MONTH',
    rule: (kept?.rule ?? null) as RuleInput | null,
    period: period ?? '12m',
    from,
    until,
    compare: compare ?? false,
  };
}
