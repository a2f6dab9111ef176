/** One audience: its rule while it is edited, and whom it reaches meanwhile. */
import { Skeleton, Stack } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
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
  const text = useTexts();
  const [{ data, error }, again] = useQuery({
    query: AUDIENCE,
    variables: { id: id ?? '' },
    pause: id === undefined,
  });
  // While another one is fetched there is the one before.
  const audience = data?.audience && data.audience.id !== id ? undefined : data?.audience;
  const shown = (
    <Screen title={text('audience.title')}>
      {error && !audience ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : audience === null ? (
        <Empty next={<ButtonLink to="/audiences">{text('audience.all')}</ButtonLink>}>
          {text('audience.missing')}
        </Empty>
      ) : (
        <Stack aria-busy>
          <Skeleton height={140} />
          <Skeleton height={320} />
        </Stack>
      )}
    </Screen>
  );
  return { audience, shown };
}
