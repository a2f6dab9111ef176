import { graphql } from '../../gql';

graphql(`
  fragment SettingsParts on DeploymentSettings {
    organisationName
    timeZone
    country
    senderName
    replyTo
    quietHours {
      from
      until
    }
    frequencyCapMessages
    frequencyCapDays
  }
`);

export const SETTINGS = graphql(`
  query Settings {
    settings {
      ...SettingsParts
    }
  }
`);

export const UPDATE = graphql(`
  mutation SettingsUpdate($input: SettingsUpdateInput!) {
    settingsUpdate(input: $input) {
      settings {
        ...SettingsParts
      }
      errors {
        ...Refusal
      }
    }
  }
`);
