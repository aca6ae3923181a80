/** The page's own drawings. Each is decoration: the control around it has the name. */
import type { ReactElement } from "react";

interface IconProps {
  readonly path: string;
}

function Icon({ path }: IconProps): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

export const MenuIcon = (): ReactElement => <Icon path="M3.5 6h13M3.5 10h13M3.5 14h13" />;
export const PeopleIcon = (): ReactElement => (
  <Icon path="M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM2.5 16c.4-2.6 2.3-4 5-4s4.600 1.400 5 4M12.500 4.300a2.700 2.700 0 0 1 0 5M14.500 12.300c1.700.6 2.700 1.800 3 3.700" />
);
export const SendIcon = (): ReactElement => <Icon path="M10 16V4.500M5 9l5-5 5 5" />;
export const DownIcon = (): ReactElement => <Icon path="M10 4v11.500M5 11l5 5 5-5" />;
export const CloseIcon = (): ReactElement => <Icon path="M5.500 5.500l9 9M14.500 5.500l-9 9" />;
export const PlusIcon = (): ReactElement => <Icon path="M10 4.500v11M4.500 10h11" />;
export const GearIcon = (): ReactElement => <Icon path="M4 6h7M15 6h1M4 14h1M9 14h7M13 4.200v3.600M7 12.200v3.600" />;
export const CheckIcon = (): ReactElement => <Icon path="M4.500 10.500l3.500 3.500 7.500-8" />;
export const ClockIcon = (): ReactElement => (
  <Icon path="M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM10 6.500V10l2.500 1.500" />
);
export const AlertIcon = (): ReactElement => (
  <Icon path="M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM10 6.500v4.200M10 13.300v.2" />
);
