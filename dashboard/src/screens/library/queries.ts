import { graphql } from '../../gql';

/** What moves of a file while it is looked at. */
export const FILE_STATE = graphql(`
  fragment FileState on Media {
    id
    filename
    contentType
    sizeBytes
    status
    rejectionReason
    thumbnailUrl
  }
`);

export const FILES = graphql(`
  query Files($search: String, $kind: MediaKind, $first: Int, $after: String, $last: Int, $before: String) {
    mediaFiles(search: $search, kind: $kind, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...FileState
        createdAt
        publicUrl
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
  }
`);

export const FILE_MOVES = graphql(`
  subscription FileMoves($id: ID!) {
    mediaProcessing(mediaId: $id) {
      ...FileState
    }
  }
`);

export const FILE_ADDRESS = graphql(`
  query FileAddress($id: ID!) {
    media(id: $id) {
      id
      url
    }
  }
`);

export const FILE_USE = graphql(`
  query FileUse($id: ID!) {
    media(id: $id) {
      id
      publicUrl
      customers(first: 1) {
        totalCount
      }
    }
  }
`);

export const ROOM = graphql(`
  query Room {
    usage {
      storageBytes
      storageLimitBytes
    }
  }
`);

export const PUBLISH = graphql(`
  mutation Publish($id: ID!, $isPublic: Boolean!) {
    mediaPublish(input: { id: $id, isPublic: $isPublic }) {
      media {
        id
        publicUrl
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const DELETE = graphql(`
  mutation DeleteFile($id: ID!) {
    mediaDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
