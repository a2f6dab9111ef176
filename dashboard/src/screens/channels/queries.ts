import { graphql } from '../../gql';

export const CHANNELS = graphql(`
  query Channels {
    channels {
      channel
      vendor
      sender
      senderName
      replyTo
      guarantee
      messagesPerSecond
      problem
    }
  }
`);
