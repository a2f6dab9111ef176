/** Addresses of screens. None holds a search text or an address of a person. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { fetched } from '../api/fetched';
import type { IngestionKind, MediaKind } from '../gql/graphql';
import { searchOf } from '../screens/campaign/filters';
import { STATUSES } from '../screens/campaigns/statuses';
import { addressOf as customersAddress } from '../screens/customers/address';
import Home from '../screens/home/page';
import { MEDIA_KINDS } from '../screens/library/kinds';
import { KINDS } from '../screens/new-import/kinds';
import { searchOf as reportOf } from '../screens/reports/choices';
import { addressOf as closedAddresses } from '../screens/suppressions/kinds';
import { Broken } from './broken';
import { Layout } from './layout';
import { Missing } from './missing';

/** What an address may hold, and nothing else of it. */
function one<Value extends string>(values: readonly Value[], given: unknown): Value | undefined {
  return values.find((value) => value === given);
}

/** Names and ids, which are nothing that a person has typed. */
function word(given: unknown): string | undefined {
  return typeof given === 'string' && /^[\w=-]{1,100}$/.test(given) ? given : undefined;
}

function screen(load: () => Promise<{ default: () => ReactNode }>) {
  return lazyRouteComponent(() => fetched(load));
}

const root = createRootRoute({ component: Layout, notFoundComponent: Missing });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  // The first screen of most days waits for no script of its own.
  component: Home,
});
const campaigns = createRoute({
  getParentRoute: () => root,
  path: '/campaigns',
  validateSearch: (given: Record<string, unknown>) => {
    const status = one(STATUSES, given['status']);
    return status ? { status } : {};
  },
  component: screen(() => import('../screens/campaigns/page')),
});
const campaign = createRoute({
  getParentRoute: () => root,
  path: '/campaigns/$id',
  validateSearch: searchOf,
  component: screen(() => import('../screens/campaign/page')),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  validateSearch: customersAddress,
  component: screen(() => import('../screens/customers/page')),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: '/customers/$id',
  component: screen(() => import('../screens/customer/page')),
});
const imports = createRoute({
  getParentRoute: () => root,
  path: '/imports',
  component: screen(() => import('../screens/imports/page')),
});
const newImport = createRoute({
  getParentRoute: () => root,
  path: '/imports/new',
  validateSearch: (given: Record<string, unknown>): { kind?: IngestionKind } => {
    const kind = one(KINDS, given['kind']);
    return kind ? { kind } : {};
  },
  component: screen(() => import('../screens/new-import/page')),
});
const importing = createRoute({
  getParentRoute: () => root,
  path: '/imports/$id',
  component: screen(() => import('../screens/import/page')),
});
const audiences = createRoute({
  getParentRoute: () => root,
  path: '/audiences',
  component: screen(() => import('../screens/audiences/page')),
});
const newAudience = createRoute({
  getParentRoute: () => root,
  path: '/audiences/new',
  validateSearch: (given: Record<string, unknown>): { from?: string } =>
    typeof given['from'] === 'string' ? { from: given['from'] } : {},
  component: screen(() => import('../screens/new-audience/page')),
});
const audience = createRoute({
  getParentRoute: () => root,
  path: '/audiences/$id',
  component: screen(() => import('../screens/audience/page')),
});
const editor = createRoute({
  getParentRoute: () => root,
  path: '/campaigns/$id/edit',
  component: screen(() => import('../screens/editor/page')),
});
const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  validateSearch: reportOf,
  component: screen(() => import('../screens/reports/page')),
});
const exports = createRoute({
  getParentRoute: () => root,
  path: '/downloads',
  component: screen(() => import('../screens/exports/page')),
});
const library = createRoute({
  getParentRoute: () => root,
  path: '/library',
  validateSearch: (given: Record<string, unknown>): { kind?: MediaKind } => {
    const kind = one(MEDIA_KINDS, given['kind']);
    return kind ? { kind } : {};
  },
  component: screen(() => import('../screens/library/page')),
});
const suppressions = createRoute({
  getParentRoute: () => root,
  path: '/suppressions',
  validateSearch: closedAddresses,
  component: screen(() => import('../screens/suppressions/page')),
});
const bulk = createRoute({
  getParentRoute: () => root,
  path: '/bulk',
  component: screen(() => import('../screens/bulk/page')),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: screen(() => import('../screens/settings/page')),
});
const topics = createRoute({
  getParentRoute: () => root,
  path: '/settings/topics',
  component: screen(() => import('../screens/topics/page')),
});
const channels = createRoute({
  getParentRoute: () => root,
  path: '/settings/channels',
  component: screen(() => import('../screens/channels/page')),
});
const users = createRoute({
  getParentRoute: () => root,
  path: '/settings/users',
  component: screen(() => import('../screens/users/page')),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: '/settings/keys',
  component: screen(() => import('../screens/keys/page')),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/settings/audit',
  validateSearch: (given: Record<string, unknown>): { action?: string; actor?: string } => {
    const [action, actor] = [word(given['action']), word(given['actor'])];
    return { ...(action && { action }), ...(actor && { actor }) };
  },
  component: screen(() => import('../screens/audit/page')),
});
const ownAccount = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: screen(() => import('../screens/own-account/page')),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    campaigns,
    campaign,
    customers,
    customer,
    imports,
    newImport,
    importing,
    audiences,
    newAudience,
    audience,
    editor,
    reports,
    exports,
    library,
    suppressions,
    bulk,
    settings,
    topics,
    channels,
    users,
    keys,
    audit,
    ownAccount,
  ]),
  // What no screen knows is taken out of an address.
  search: { strict: true },
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
