import { graphql } from '../../gql';

export const SETTINGS = graphql(`
  query Settings {
    settings {
      organisationName
      timeZone
      country
      quietHours {
        from
        until
      }
      frequencyCapMessages
      frequencyCapDays
    }
  }
`);

export const UPDATE = graphql(`
  mutation SettingsUpdate($input: SettingsUpdateInput!) {
    settingsUpdate(input: $input) {
      settings {
        organisationName
        timeZone
        country
        quietHours {
          from
          until
        }
        frequencyCapMessages
        frequencyCapDays
      }
      errors {
        path
        code
        message
      }
    }
  }
`);
