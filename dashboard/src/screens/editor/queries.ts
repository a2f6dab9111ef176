import { graphql } from '../../gql';

/** What a draft says, as it is read and as each change gives it back. */
export const WRITTEN = graphql(`
  fragment Written on Campaign {
    id
    name
    status
    channel
    revision
    scheduledAt
    sendBefore
    ratePerSecond
    holdout
    tracking {
      opens
      clicks
    }
    quietHours {
      from
      until
    }
    audience {
      id
    }
    topic {
      id
    }
    attachments {
      id
      filename
      sizeBytes
    }
    message {
      ...WrittenMessage
    }
    variants {
      key
      weight
      message {
        ...WrittenMessage
      }
    }
  }
`);

export const WRITTEN_MESSAGE = graphql(`
  fragment WrittenMessage on Message {
    subject
    preheader
    html
    body
    fromName
    replyTo
    whatsapp {
      template
      language
      parameters {
        name
        value
      }
      headerMedia {
        id
        filename
        sizeBytes
      }
    }
  }
`);

export const DRAFT = graphql(`
  query Draft($id: ID!) {
    viewer {
      role
      grantedPermissions
    }
    campaign(id: $id) {
      ...Written
    }
  }
`);

export const SAVE = graphql(`
  mutation SaveCampaign($input: CampaignUpdateInput!) {
    campaignUpdate(input: $input) {
      errors {
        path
        code
        message
        line
        column
      }
      campaign {
        ...Written
      }
    }
  }
`);

/** What can be chosen, and named: asked for once. */
export const CHOICES = graphql(`
  query EditorChoices {
    topics {
      id
      name
    }
    templateFields {
      name
      label
      example
    }
    trackingDefaults {
      channel
      opens
      clicks
    }
    settings {
      timeZone
      quietHours {
        from
        until
      }
    }
  }
`);

export const AUDIENCE = graphql(`
  query ChosenAudience($id: ID!) {
    audience(id: $id) {
      id
      name
      size
      ruleText
      rule
    }
  }
`);

export const REACH = graphql(`
  query Reach($rule: RuleInput!) {
    audiencePreview(rule: $rule, sampleSize: 0) {
      size
      reachable {
        channel
        size
      }
    }
  }
`);

export const TEMPLATES = graphql(`
  query Templates {
    whatsappTemplates {
      id
      name
      language
      status
      body
      parameterNames
    }
  }
`);

export const FILES = graphql(`
  query FileChoices($search: String) {
    mediaFiles(first: 50, search: $search) {
      nodes {
        id
        filename
        contentType
        sizeBytes
        status
        publicUrl
        thumbnailUrl
      }
    }
  }
`);

export const PUBLISH = graphql(`
  mutation PublishPicture($id: ID!) {
    mediaPublish(input: { id: $id, isPublic: true }) {
      errors {
        ...Refusal
      }
      media {
        id
        publicUrl
      }
    }
  }
`);

export const PEOPLE = graphql(`
  query PreviewPeople($filter: CustomerFilter) {
    customers(first: 30, filter: $filter) {
      nodes {
        id
        name
        email
        phone
      }
    }
  }
`);

export const PREVIEW = graphql(`
  query Preview($message: MessageInput!, $channel: Channel!, $customer: CustomerRef) {
    messagePreview(message: $message, channel: $channel, customer: $customer) {
      subject
      preheader
      html
      body
      fromName
      replyTo
      segments
      missing
      pictures {
        url
        isPublished
      }
      parameters {
        name
        value
      }
      errors {
        path
        code
        message
        line
        column
      }
      warnings {
        path
        code
        message
        line
        column
      }
    }
  }
`);

export const CHECK = graphql(`
  query Check($id: ID!) {
    campaignCheck(id: $id) {
      code
      isBlocking
      message
      path
    }
  }
`);

export const SUGGEST = graphql(`
  mutation SuggestMessages($input: MessagesSuggestInput!) {
    messagesSuggest(input: $input) {
      errors {
        ...Refusal
      }
      suggestions {
        subject
        body
      }
      source
    }
  }
`);
