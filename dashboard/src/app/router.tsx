/** Addresses of screens. None holds a search text or an address of a person. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { STATUSES } from '../screens/campaigns/statuses';
import { SORTS, type Sort } from '../screens/customers/sorts';
import { Layout } from './layout';
import { Missing } from './missing';

/** What an address may hold, and nothing else of it. */
function one<Value extends string>(values: readonly Value[], given: unknown): Value | undefined {
  return values.find((value) => value === given);
}

const root = createRootRoute({ component: Layout, notFoundComponent: Missing });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../screens/home/page')),
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
  component: lazyRouteComponent(() => import('../screens/campaign/page')),
});
const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  validateSearch: (given: Record<string, unknown>): { sort?: Sort } => {
    const sort = one(SORTS, given['sort']);
    return sort ? { sort } : {};
  },
  component: lazyRouteComponent(() => import('../screens/customers/page')),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: '/customers/$id',
  component: lazyRouteComponent(() => import('../screens/customer/page')),
});

export const router = createRouter({
  routeTree: root.addChildren([home, campaigns, campaign, customers, customer]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
