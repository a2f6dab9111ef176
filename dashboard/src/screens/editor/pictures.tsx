/** Pictures of the media library, put into HTML by their public address. */
import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { Named, Picker, type Media } from './files';
import { PUBLISH } from './queries';

const RASTER: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export function PictureButton({ onInsert }: { onInsert: (what: string) => void }) {
  const text = useTexts();
  const mayPublish = useMay('MEDIA_WRITE');
  const { isBusy, errors, change } = useChange();
  const [isOpen, { open, close }] = useDisclosure();
  const insert = async (file: Media) => {
    const url =
      file.publicUrl ?? (await change(PUBLISH, { id: file.id }))?.mediaPublish.media?.publicUrl ?? null;
    if (url === null) return;
    close();
    onInsert(`<img src="${url}" alt="">`);
  };
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={open}>
        {text('files.picture')}
      </Button>
      <Picker
        title={text('files.picture')}
        isOpen={isOpen}
        onClose={close}
        takes={({ status, contentType, publicUrl }) =>
          status === 'READY' && RASTER.includes(contentType) && (mayPublish || Boolean(publicUrl))
        }
        renderFile={(file) => (
          <Group justify="space-between" wrap="nowrap">
            <Named file={file} />
            <Button
              size="xs"
              variant="default"
              style={{ flexShrink: 0 }}
              loading={isBusy}
              aria-label={text('files.insert.one', { name: file.filename })}
              onClick={() => void insert(file)}
            >
              {text(file.publicUrl ? 'files.insert' : 'files.publish')}
            </Button>
          </Group>
        )}
      />
      <Errors errors={errors} />
    </>
  );
}
