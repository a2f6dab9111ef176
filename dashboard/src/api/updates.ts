/** Lists that mutations add to or take from: what the cache holds of them is asked again. */
import type { UpdateResolver, UpdatesConfig } from '@urql/exchange-graphcache';

function again(...lists: readonly string[]): UpdateResolver {
  return (_result, _args, cache) => {
    for (const { fieldName, arguments: given } of cache.inspectFields('Query'))
      if (lists.includes(fieldName)) cache.invalidate('Query', fieldName, given);
  };
}

export const updates: UpdatesConfig = {
  Mutation: {
    audienceCreate: again('audiences'),
    audienceDelete: again('audiences'),
    campaignCreate: again('campaigns'),
    campaignDelete: again('campaigns'),
    campaignDuplicate: again('campaigns'),
  },
};
