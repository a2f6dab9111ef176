/** One audience: its rule while it is edited, and whom it reaches meanwhile. */
import { Skeleton } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { Awaited } from '../../components/awaited';
import { Editing } from './editing';
import { AUDIENCE } from './queries';

export default function Page() {
  const { id } = useParams({ from: '/audiences/$id' });
  const { shown, audience } = useAudience(id);
  if (!audience) return shown;
  const { name, description, rule } = audience;
  return <Editing key={id} id={id} start={{ name, description: description ?? '', rule }} />;
}

/** The audience, and what is shown until there is one. */
export function useAudience(id: string | undefined) {
  const [{ data, error }, again] = useQuery({
    query: AUDIENCE,
    variables: { id: id ?? '' },
    pause: id === undefined,
  });
  // While another one is fetched there is the one before.
  const audience = data?.audience && data.audience.id !== id ? undefined : data?.audience;
  const shown = audience ? null : (
    <Awaited
      kind="audience"
      found={audience}
      error={error}
      onRetry={() => {
        again({ requestPolicy: 'network-only' });
      }}
    >
      <Skeleton height={140} />
      <Skeleton height={320} />
    </Awaited>
  );
  return { audience, shown };
}
