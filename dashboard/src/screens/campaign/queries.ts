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
      holdout
      ratePerSecond
      sendBefore
      audience {
        id
        name
      }
      message {
        subject
        body
      }
      stats {
        ...Counts
        totalIsFinal
        heldOut
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
        opens
        clicks
      }
      links {
        url
        clicks
        machineClicks
      }
      variants {
        key
        weight
        message {
          subject
          body
        }
        stats {
          total
          delivered
          failed
        }
        results {
          opens
          clicks
          unsubscribes
          orders
          revenue
        }
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
        machineOpens
        machineClicks
        unsubscribes
        complaints
        bounces
        orders
        revenue
        lift {
          value
          low
          high
        }
        revenueLift {
          value
          low
          high
        }
        splitIsFair
      }
      campaign {
        ...CampaignState
        pauseReason
        stats {
          ...Counts
          totalIsFinal
          heldOut
        }
      }
    }
  }
`);

/** A delivery as the list shows it, read at once and as it moves. */
export const DELIVERY_ROW = graphql(`
  fragment DeliveryRow on Delivery {
    id
    status
    reason
    reasonText
    variantKey
    address
    updatedAt
    revision
    customer {
      id
      name
    }
  }
`);

export const DELIVERIES = graphql(`
  query Deliveries($id: ID!, $filter: DeliveryFilter, $after: String) {
    campaign(id: $id) {
      id
      deliveries(filter: $filter, sort: { field: UPDATED_AT, direction: DESC }, first: 50, after: $after) {
        nodes {
          ...DeliveryRow
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
        ...DeliveryRow
      }
    }
  }
`);

/** One message, as it went out. */
export const DELIVERY = graphql(`
  query Delivery($id: ID!) {
    node(id: $id) {
      id
      ... on Delivery {
        channel
        address
        status
        reason
        reasonText
        variantKey
        attempt
        notBefore
        sentAt
        finishedAt
        openedAt
        clickedAt
        updatedAt
        segments
        revision
        subject
        body
        customer {
          id
          name
        }
      }
    }
  }
`);

export const UNSCHEDULE = graphql(`
  mutation Unschedule($id: ID!) {
    campaignUnschedule(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
        scheduledAt
      }
    }
  }
`);
