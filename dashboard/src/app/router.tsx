/** Addresses of screens. None holds a search text or an address of a person. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { IngestionKind, MediaKind } from '../gql/graphql';
import { searchOf } from '../screens/campaign/filters';
import { STATUSES } from '../screens/campaigns/statuses';
import { addressOf as customersAddress } from '../screens/customers/address';
import Home from '../screens/home/page';
import { MEDIA_KINDS } from '../screens/library/kinds';
import { KINDS } from '../screens/new-import/kinds';
import { searchOf as reportOf } from '../screens/reports/choices';
import { addressOf as closedAddresses } from '../screens/suppressions/kinds';
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
  component: lazyRouteComponent(() => import('../screens/campaigns/page')),
});
const campaign = createRoute({
  getParentRoute: () => root,
  path: '/campaigns/$id',
  validateSearch: searchOf,
  component: lazyRouteComponent(() => import('../screens/campaign/page')),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  validateSearch: customersAddress,
  component: lazyRouteComponent(() => import('../screens/customers/page')),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: '/customers/$id',
  component: lazyRouteComponent(() => import('../screens/customer/page')),
});
const imports = createRoute({
  getParentRoute: () => root,
  path: '/imports',
  component: lazyRouteComponent(() => import('../screens/imports/page')),
});
const newImport = createRoute({
  getParentRoute: () => root,
  path: '/imports/new',
  validateSearch: (given: Record<string, unknown>): { kind?: IngestionKind } => {
    const kind = one(KINDS, given['kind']);
    return kind ? { kind } : {};
  },
  component: lazyRouteComponent(() => import('../screens/new-import/page')),
});
const importing = createRoute({
  getParentRoute: () => root,
  path: '/imports/$id',
  component: lazyRouteComponent(() => import('../screens/import/page')),
});
const audiences = createRoute({
  getParentRoute: () => root,
  path: '/audiences',
  component: lazyRouteComponent(() => import('../screens/audiences/page')),
});
const newAudience = createRoute({
  getParentRoute: () => root,
  path: '/audiences/new',
  validateSearch: (given: Record<string, unknown>): { from?: string } =>
    typeof given['from'] === 'string' ? { from: given['from'] } : {},
  component: lazyRouteComponent(() => import('../screens/new-audience/page')),
});
const audience = createRoute({
  getParentRoute: () => root,
  path: '/audiences/$id',
  component: lazyRouteComponent(() => import('../screens/audience/page')),
});
const editor = createRoute({
  getParentRoute: () => root,
  path: '/campaigns/$id/edit',
  component: lazyRouteComponent(() => import('../screens/editor/page')),
});
const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  validateSearch: reportOf,
  component: lazyRouteComponent(() => import('../screens/reports/page')),
});
const exports = createRoute({
  getParentRoute: () => root,
  path: '/downloads',
  component: lazyRouteComponent(() => import('../screens/exports/page')),
});
const library = createRoute({
  getParentRoute: () => root,
  path: '/library',
  validateSearch: (given: Record<string, unknown>): { kind?: MediaKind } => {
    const kind = one(MEDIA_KINDS, given['kind']);
    return kind ? { kind } : {};
  },
  component: lazyRouteComponent(() => import('../screens/library/page')),
});
const suppressions = createRoute({
  getParentRoute: () => root,
  path: '/suppressions',
  validateSearch: closedAddresses,
  component: lazyRouteComponent(() => import('../screens/suppressions/page')),
});
const bulk = createRoute({
  getParentRoute: () => root,
  path: '/bulk',
  component: lazyRouteComponent(() => import('../screens/bulk/page')),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('../screens/settings/page')),
});
const topics = createRoute({
  getParentRoute: () => root,
  path: '/settings/topics',
  component: lazyRouteComponent(() => import('../screens/topics/page')),
});
const channels = createRoute({
  getParentRoute: () => root,
  path: '/settings/channels',
  component: lazyRouteComponent(() => import('../screens/channels/page')),
});
const users = createRoute({
  getParentRoute: () => root,
  path: '/settings/users',
  component: lazyRouteComponent(() => import('../screens/users/page')),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: '/settings/keys',
  component: lazyRouteComponent(() => import('../screens/keys/page')),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/settings/audit',
  validateSearch: (given: Record<string, unknown>): { action?: string; actor?: string } => {
    const [action, actor] = [word(given['action']), word(given['actor'])];
    return { ...(action && { action }), ...(actor && { actor }) };
  },
  component: lazyRouteComponent(() => import('../screens/audit/page')),
});
const ownAccount = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('../screens/own-account/page')),
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
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
