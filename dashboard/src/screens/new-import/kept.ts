/** Kept mappings and what is asked of a file: the one out of the other, both ways. */
import type { ImportColumn, ImportMappingSaveInput, KeptMappingFragment } from '../../gql/graphql';
import { NOTHING_ASKED, type Asked } from './asked';

/** As the server compares headings. */
function folded(heading: string): string {
  return heading.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** What a mapping says of this file, and its columns that the file has not: naming those, it would be refused. */
export function askedBy(
  { columns, options, optionsSaid }: KeptMappingFragment,
  headings: readonly string[],
): { change: Partial<Asked>; missing: readonly string[] } {
  const said = (name: keyof typeof options) => optionsSaid.includes(name);
  const found: Record<string, string | null> = {};
  const missing: string[] = [];
  for (const { column, field } of columns) {
    const heading =
      headings.find((one) => one === column) ?? headings.find((one) => folded(one) === folded(column));
    if (heading === undefined) missing.push(column);
    else found[heading] = field ?? null;
  }
  const change = {
    ...nothingKept(),
    columns: found,
    ...(said('dateOrder') && { dateOrder: options.dateOrder }),
    ...(said('decimalComma') && { decimalComma: options.decimalComma }),
    ...(said('timeZone') && { timeZone: options.timeZone }),
    ...(said('country') && { country: options.country ?? '' }),
    ...(said('empty') && { empty: options.empty }),
  };
  return { change, missing };
}

/** What a mapping could keep, all of it left open. */
export function nothingKept() {
  const { columns, dateOrder, decimalComma, timeZone, country, empty } = NOTHING_ASKED;
  return { columns, dateOrder, decimalComma, timeZone, country, empty };
}

/** What is chosen, and what was found by its heading: so it is the same when headings are known otherwise one day. */
export function keptOf(
  { columns: chosen, dateOrder, decimalComma, timeZone, country, empty }: Asked,
  columns: readonly ImportColumn[],
): Pick<ImportMappingSaveInput, 'columns' | 'options'> {
  const kept = new Map(
    columns
      .filter(({ column, because }) => column in chosen || because === 'heading')
      .map(({ column, field }) => [column, (column in chosen ? chosen[column] : field) ?? null]),
  );
  return {
    columns: [...kept].map(([column, field]) => ({ column, field })),
    options: {
      dateOrder,
      decimalComma,
      timeZone,
      country: country || null,
      empty: empty.length ? [...empty] : null,
    },
  };
}
