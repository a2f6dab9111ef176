/** A draft as the form holds it: read out of a campaign, and put back into what a change says. */
import type { UseFormReturnType } from '@mantine/form';
import type {
  CampaignUpdateInput,
  Channel,
  MessageInput,
  WrittenFragment,
  WrittenMessageFragment,
} from '../../gql/graphql';

export interface PickedFile {
  id: string;
  filename: string;
  sizeBytes: number;
}

export interface Template {
  name: string;
  language: string;
}

/** One message, with the fields of every channel: who changes the channel and back loses nothing. */
export interface Text {
  key: string;
  weight: number;
  subject: string;
  preheader: string;
  html: string;
  inlineCss: boolean;
  body: string;
  fromName: string;
  replyTo: string;
  template: Template | null;
  parameters: Record<string, string>;
  header: PickedFile | null;
}

export interface Draft {
  name: string;
  audienceId: string | null;
  channel: Channel;
  topicId: string | null;
  /** One for all, or those that are compared. */
  texts: Text[];
  holdoutPercent: number;
  attachments: PickedFile[];
  /** Null: as the deployment does. */
  tracksOpens: boolean | null;
  tracksClicks: boolean | null;
  ratePerSecond: number | '';
  hasQuietHours: boolean;
  quietFrom: string;
  quietUntil: string;
  /** A moment with its zone. */
  sendBefore: string | null;
}

export type Form = UseFormReturnType<Draft>;

export const MOST_TEXTS = 10;

function textOf(key: string, weight: number, message: WrittenMessageFragment): Text {
  const { whatsapp } = message;
  return {
    key,
    weight,
    subject: message.subject ?? '',
    preheader: message.preheader ?? '',
    html: message.html ?? '',
    inlineCss: false,
    body: message.body,
    fromName: message.fromName ?? '',
    replyTo: message.replyTo ?? '',
    template: whatsapp ? { name: whatsapp.template, language: whatsapp.language } : null,
    parameters: Object.fromEntries(whatsapp?.parameters.map(({ name, value }) => [name, value]) ?? []),
    header: whatsapp?.headerMedia ?? null,
  };
}

export function draftOf(campaign: WrittenFragment): Draft {
  const { variants } = campaign;
  return {
    name: campaign.name,
    audienceId: campaign.audience?.id ?? null,
    channel: campaign.channel,
    topicId: campaign.topic?.id ?? null,
    texts: variants.length
      ? variants.map(({ key, weight, message }) => textOf(key, weight, message))
      : [textOf('a', 1, campaign.message)],
    holdoutPercent: Math.round(campaign.holdout * 1_000) / 10,
    attachments: campaign.attachments.map(({ id, filename, sizeBytes }) => ({ id, filename, sizeBytes })),
    tracksOpens: campaign.tracking.opens ?? null,
    tracksClicks: campaign.tracking.clicks ?? null,
    ratePerSecond: campaign.ratePerSecond ?? '',
    hasQuietHours: Boolean(campaign.quietHours),
    quietFrom: campaign.quietHours?.from ?? '21:00',
    quietUntil: campaign.quietHours?.until ?? '08:00',
    sendBefore: campaign.sendBefore ?? null,
  };
}

/** What the channel has of a message; null where nothing is written yet. */
export function messageOf(text: Text, channel: Channel): MessageInput | null {
  if (channel === 'WHATSAPP' && text.template)
    return {
      whatsapp: {
        template: text.template.name,
        language: text.template.language,
        parameters: Object.entries(text.parameters).map(([name, value]) => ({ name, value })),
        headerMediaId: text.header?.id ?? null,
      },
    };
  if (channel !== 'EMAIL') return text.body ? { body: text.body } : null;
  const { subject, preheader, html, inlineCss, body, fromName, replyTo } = text;
  if (![subject, preheader, html, body, fromName, replyTo].some(Boolean)) return null;
  return {
    subject: subject || null,
    preheader: preheader || null,
    html: html || null,
    inlineCss: html ? inlineCss : null,
    body: body || null,
    fromName: fromName || null,
    replyTo: replyTo || null,
  };
}

/** The whole of the draft as a change. */
export function changeOf(draft: Draft): Omit<CampaignUpdateInput, 'id'> {
  const { channel, texts } = draft;
  const messages = texts.map((text) => messageOf(text, channel));
  const isCompared = texts.length > 1;
  return {
    name: draft.name,
    audienceId: draft.audienceId,
    channel,
    topicId: draft.topicId,
    ...(isCompared
      ? {
          variants: texts.map(({ key, weight }, number) => ({
            key,
            weight,
            message: messages[number] ?? {},
          })),
        }
      : { message: messages[0] ?? null, variants: null }),
    holdout: draft.holdoutPercent / 100,
    attachmentIds: channel === 'EMAIL' ? draft.attachments.map(({ id }) => id) : null,
    tracksOpens: draft.tracksOpens,
    tracksClicks: draft.tracksClicks,
    ratePerSecond: draft.ratePerSecond === '' ? null : draft.ratePerSecond,
    quietHours: draft.hasQuietHours ? { from: draft.quietFrom, until: draft.quietUntil } : null,
    sendBefore: draft.sendBefore,
  };
}

export function newText(draft: Draft): Text {
  const taken = new Set(draft.texts.map(({ key }) => key));
  const key = Array.from('abcdefghijklmnop').find((letter) => !taken.has(letter)) ?? '';
  const last = draft.texts.at(-1);
  if (!last) throw new Error('a draft has a text');
  return { ...last, parameters: { ...last.parameters }, key, weight: 1 };
}
