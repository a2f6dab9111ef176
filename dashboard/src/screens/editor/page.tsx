/** The editor of a draft; of what is no draft, the way back. */
import { Group, Skeleton } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Awaited } from '../../components/awaited';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Screen } from '../../components/screen';
import type { DraftQuery, WrittenFragment } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import { Unschedule } from '../campaign/writing';
import { Editor } from './editor';
import { DRAFT } from './queries';

export default function Page() {
  const { id } = useParams({ from: '/campaigns/$id/edit' });
  // What is stored now is written over, not what was seen a while ago.
  const [{ data, error }, again] = useQuery({
    query: DRAFT,
    variables: { id },
    requestPolicy: 'network-only',
  });
  if (data?.campaign?.id === id) return <Opened key={id} campaign={data.campaign} viewer={data.viewer} />;
  return (
    <Awaited
      kind="campaign"
      found={data?.campaign === null ? null : undefined}
      error={error}
      onRetry={() => {
        again({ requestPolicy: 'network-only' });
      }}
    >
      <Skeleton height={260} />
      <Skeleton height={640} />
    </Awaited>
  );
}

/** Once it is open it stays so: what is written is not taken away because the campaign moved on. */
function Opened({ campaign, viewer }: { campaign: WrittenFragment; viewer: DraftQuery['viewer'] }) {
  const [opened, open] = useState(campaign);
  if (!viewer?.grantedPermissions.includes('CAMPAIGNS_WRITE'))
    return <Closed campaign={campaign} why="editor.forbidden" />;
  if (opened.status !== 'DRAFT')
    return (
      <Closed
        campaign={campaign}
        why={campaign.status === 'SCHEDULED' ? 'editor.scheduled' : 'editor.launched'}
        onDraft={() => {
          open({ ...opened, status: 'DRAFT', revision: opened.revision + 1 });
        }}
      />
    );
  return <Editor campaign={opened} />;
}

function Closed({
  campaign,
  why,
  onDraft,
}: {
  campaign: WrittenFragment;
  why: TextId;
  onDraft?: () => void;
}) {
  const text = useTexts();
  return (
    <Screen title={campaign.name}>
      <Empty
        next={
          <Group>
            {onDraft && campaign.status === 'SCHEDULED' && <Unschedule id={campaign.id} onDone={onDraft} />}
            <ButtonLink variant="default" to="/campaigns/$id" params={{ id: campaign.id }}>
              {text('editor.campaign')}
            </ButtonLink>
          </Group>
        }
      >
        {text(why)}
      </Empty>
    </Screen>
  );
}
