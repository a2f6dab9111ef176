// Documents by their ids: the text stays in the build.
import type { TypedDocumentString } from "./gql/graphql";

type Answer<Data> = { data?: Data | null; errors?: { message: string; extensions: { code: string } }[] };

export async function askById<Data, Variables>(
  url: string,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  token?: string,
): Promise<Answer<Data>> {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "include",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ documentId: document.__meta__?.["hash"], variables }),
  });
  return (await answer.json()) as Answer<Data>;
}
