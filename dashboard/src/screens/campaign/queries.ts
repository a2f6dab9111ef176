import { graphql } from '../../gql';

export const CAMPAIGN = graphql(`
  query Campaign($id: ID!) {
    campaign(id: $id) {
      id
      name
      status
      failureReason
      pauseReason
      channel
      createdAt
      launchedAt
      completedAt
      scheduledAt
      createdBy
      revision
      audienceRuleText
      tracksOpens
      tracksClicks
      audience {
        id
        name
      }
      message {
        subject
        body
      }
      stats {
        total
        totalIsFinal
        queued
        sent
        delivered
        failed
        skipped
      }
    }
  }
`);

/** What is counted over many documents: asked for every few seconds, not with each event. */
export const OUTCOMES = graphql(`
  query Outcomes($id: ID!) {
    campaign(id: $id) {
      id
      failures {
        status
        reason
        reasonText
        count
      }
      timeline {
        at
        sent
        delivered
        failed
      }
      links {
        url
        clicks
      }
    }
  }
`);

export const PROGRESS = graphql(`
  subscription Progress($id: ID!) {
    campaignProgress(campaignId: $id) {
      campaignId
      at
      waitingUntil
      messagesPerSecond
      estimatedEndAt
      results {
        opens
        clicks
        unsubscribes
        complaints
        bounces
        orders
        revenue
      }
      campaign {
        id
        status
        pauseReason
        revision
        stats {
          total
          totalIsFinal
          queued
          sent
          delivered
          failed
          skipped
        }
      }
    }
  }
`);

export const DELIVERIES = graphql(`
  query Deliveries($id: ID!, $filter: DeliveryFilter, $after: String) {
    campaign(id: $id) {
      id
      deliveries(filter: $filter, sort: { field: UPDATED_AT, direction: DESC }, first: 50, after: $after) {
        nodes {
          id
          status
          reason
          reasonText
          address
          updatedAt
          revision
          customer {
            id
            name
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const UPDATES = graphql(`
  subscription Updates($id: ID!, $after: String) {
    deliveryUpdates(campaignId: $id, after: $after) {
      cursor
      deliveries {
        id
        status
        reason
        reasonText
        address
        updatedAt
        revision
        customer {
          id
          name
        }
      }
    }
  }
`);

export const LAUNCH = graphql(`
  mutation Launch($id: ID!) {
    campaignLaunch(input: { id: $id }) {
      errors {
        message
      }
      campaign {
        id
        status
        launchedAt
        revision
      }
    }
  }
`);

export const PAUSE = graphql(`
  mutation Pause($id: ID!) {
    campaignPause(input: { id: $id }) {
      errors {
        message
      }
      campaign {
        id
        status
        revision
      }
    }
  }
`);

export const RESUME = graphql(`
  mutation Resume($id: ID!) {
    campaignResume(input: { id: $id }) {
      errors {
        message
      }
      campaign {
        id
        status
        revision
      }
    }
  }
`);

export const CANCEL = graphql(`
  mutation Cancel($id: ID!) {
    campaignCancel(input: { id: $id }) {
      errors {
        message
      }
      campaign {
        id
        status
        revision
      }
    }
  }
`);

export const DUPLICATE = graphql(`
  mutation Duplicate($id: ID!) {
    campaignDuplicate(input: { id: $id }) {
      errors {
        message
      }
      campaign {
        id
        name
        status
        revision
      }
    }
  }
`);

export const UNSCHEDULE = graphql(`
  mutation Unschedule($id: ID!) {
    campaignUnschedule(input: { id: $id }) {
      errors {
        path
        code
        message
      }
      campaign {
        id
        status
        scheduledAt
        revision
      }
    }
  }
`);
