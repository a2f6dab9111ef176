/** What an address of the customers' list may hold: an order, filters without words of people, a saved view. */
import { filtersOf, type Filters } from './filters';
import { SORTS, type Sort } from './sorts';

export interface Address extends Filters {
  sort?: Sort;
  view?: string;
}

export function addressOf(given: Record<string, unknown>): Address {
  const address: Address = filtersOf(given);
  const sort = SORTS.find((one) => one === given['sort']);
  if (sort) address.sort = sort;
  const { view } = given;
  if (typeof view === 'string' && /^[\w+/=-]{1,200}$/.test(view)) address.view = view;
  return address;
}
