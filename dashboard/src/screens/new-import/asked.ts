/** What is asked of an import beside its file, and the form that carries both. */
import type { DateOrder, IngestionKind } from '../../gql/graphql';

export interface Asked {
  /** For each column that somebody chose for, its field; null: it is left out. */
  columns: Readonly<Record<string, string | null>>;
  dateOrder: DateOrder | null;
  decimalComma: boolean | null;
  timeZone: string | null;
  country: string;
  empty: readonly string[];
  topic: string;
  totals: boolean;
  preset: string | null;
  delimiter: string | null;
  encoding: string | null;
  sheet: string | null;
}

export const NOTHING_ASKED: Asked = {
  columns: {},
  dateOrder: null,
  decimalComma: null,
  timeZone: null,
  country: '',
  empty: [],
  topic: '',
  totals: false,
  preset: null,
  delimiter: null,
  encoding: null,
  sheet: null,
};

const SOURCE_CHARACTERS = 200;
/** The beginning of a text is enough to look at; the index of a workbook stands at its end. */
const TEXT_BYTES = 2 ** 20 + 4096;
const WORKBOOK_BYTES = 32 * 2 ** 20;
const ZIP = 'PK\u0003\u0004';

export function doorOf(kind: IngestionKind): string {
  return `/ingest/${kind.toLowerCase()}`;
}

/** The file with what is asked, which has to stand before it. */
export function formOf(file: File, asked: Asked, isDryRun: boolean): FormData {
  const form = withOptions(asked);
  form.append('source', file.name.slice(0, SOURCE_CHARACTERS));
  if (isDryRun) form.append('dryRun', 'true');
  form.append('file', file, file.name);
  return form;
}

/** The part of the file that a preview reads. */
export async function previewFormOf(file: File, asked: Asked): Promise<FormData> {
  const isPacked = (await file.slice(0, ZIP.length).text()) === ZIP;
  const form = withOptions(asked);
  form.append('file', file.slice(0, isPacked ? WORKBOOK_BYTES : TEXT_BYTES), file.name);
  return form;
}

function withOptions({ columns, decimalComma, totals, empty, ...texts }: Asked): FormData {
  const form = new FormData();
  if (Object.keys(columns).length) form.append('mapping', JSON.stringify(columns));
  if (decimalComma !== null) form.append('decimalComma', String(decimalComma));
  if (totals) form.append('totals', 'true');
  for (const marker of empty) form.append('empty', marker);
  for (const [name, value] of Object.entries(texts)) if (value?.trim()) form.append(name, value);
  return form;
}
