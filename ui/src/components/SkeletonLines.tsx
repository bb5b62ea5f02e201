import { Skeleton } from '@zendeskgarden/react-loaders';
import { useT } from '../page';
import { Hidden, Stack } from './styles';

/** Stands where lines of text will be, at their height. */
export function SkeletonLines({
  count,
  height = 20,
  gap = 2,
}: {
  count: number;
  height?: number;
  gap?: number;
}) {
  const t = useT();
  return (
    <Stack $gap={gap} role="status">
      <Hidden>{t('loading')}</Hidden>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={`${height}px`} width={index === count - 1 ? '60%' : '100%'} />
      ))}
    </Stack>
  );
}
