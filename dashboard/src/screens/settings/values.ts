/** The settings as a form holds them, and what of them another value was given. */
import type { SettingsQuery, SettingsUpdateInput } from '../../gql/graphql';

export type Settings = NonNullable<SettingsQuery['settings']>;

export interface Values {
  organisationName: string;
  timeZone: string;
  country: string | null;
  senderName: string;
  replyTo: string;
  isQuiet: boolean;
  from: string;
  until: string;
  isCapped: boolean;
  /** Texts while they are being typed. */
  messages: number | string;
  days: number | string;
}

export function valuesOf(settings: Settings): Values {
  const { quietHours, frequencyCapMessages: messages, frequencyCapDays: days } = settings;
  return {
    organisationName: settings.organisationName,
    timeZone: settings.timeZone,
    country: settings.country ?? null,
    senderName: settings.senderName ?? '',
    replyTo: settings.replyTo ?? '',
    isQuiet: Boolean(quietHours),
    from: quietHours?.from ?? '21:00',
    until: quietHours?.until ?? '08:00',
    isCapped: typeof messages === 'number',
    messages: messages ?? 2,
    days: days ?? 7,
  };
}

function whole(typed: number | string): number | null {
  return typeof typed === 'number' ? typed : null;
}

/** Only what differs: what a colleague changes at the same time stays theirs. */
export function changesOf(before: Values, now: Values): SettingsUpdateInput {
  const differs = (...names: (keyof Values)[]) => names.some((name) => before[name] !== now[name]);
  return {
    ...(differs('organisationName') && { organisationName: now.organisationName.trim() || null }),
    ...(differs('timeZone') && { timeZone: now.timeZone }),
    ...(differs('country') && { country: now.country }),
    ...(differs('senderName') && { senderName: now.senderName.trim() || null }),
    ...(differs('replyTo') && { replyTo: now.replyTo.trim() || null }),
    ...(differs('isQuiet', 'from', 'until') && {
      quietHours: now.isQuiet ? { from: now.from, until: now.until } : null,
    }),
    ...(differs('isCapped', 'messages', 'days') && {
      frequencyCapMessages: now.isCapped ? whole(now.messages) : null,
      frequencyCapDays: now.isCapped ? whole(now.days) : null,
    }),
  };
}
