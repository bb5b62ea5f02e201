import { useState } from 'react';
import styled from 'styled-components';
import type { Instance } from '../../host/instance';
import { useWatched } from '../context';
import { Icon } from '../icons';

const Picture = styled.img`
  display: block;
  object-fit: contain;
`;
/** Symbols of an SVG icon are masks of the surrounding text colour. */
const Mask = styled.span<{ $url: string; $size: number }>`
  display: block;
  width: ${p => p.$size}px;
  height: ${p => p.$size}px;
  background: currentColor;
  mask: ${p => `url("${p.$url}") center / contain no-repeat`};
`;

/** The icon that an app has for its place, or its logo. */
export function AppIcon({
  instance,
  size,
  onDark = false,
}: {
  instance: Instance;
  size: number;
  onDark?: boolean;
}) {
  useWatched(instance);
  const [broken, setBroken] = useState(false);
  const { installation, location, iconSymbol } = instance;
  const icon = installation.locations.find(row => row.location === location)?.icon_url;
  if (icon && !broken) {
    const url = iconSymbol ? `${icon}#${encodeURIComponent(iconSymbol)}` : icon;
    return (
      <>
        <Mask $url={url} $size={size} aria-hidden="true" />
        <img src={icon} alt="" hidden onError={() => setBroken(true)} />
      </>
    );
  }
  return onDark ? (
    <Icon.Puzzle width={size} height={size} />
  ) : (
    <AppLogo url={installation.logo_url} size={size} />
  );
}

export function AppLogo({ url, size }: { url: string | null; size: number }) {
  const [broken, setBroken] = useState(false);
  if (!url || broken) return <Icon.Puzzle width={size} height={size} />;
  return <Picture src={url} alt="" width={size} height={size} onError={() => setBroken(true)} />;
}
