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
export const SmileIcon = (): ReactElement => (
  <Icon path="M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM7.300 11.800c.6 1 1.500 1.500 2.700 1.500s2.100-.5 2.700-1.500M7.800 8v.3M12.200 8v.3" />
);
export const ReplyIcon = (): ReactElement => <Icon path="M8 5 3.500 9.500 8 14M4 9.500h7.500c3 0 5 1.700 5 5.500" />;
export const PencilIcon = (): ReactElement => (
  <Icon path="M4 16l.8-3.500 8.600-8.600 2.700 2.700-8.600 8.600L4 16ZM11.600 5.700l2.700 2.700" />
);
export const TrashIcon = (): ReactElement => (
  <Icon path="M4 5.500h12M8 5.500V4h4v1.500M5.500 5.500l.7 10.500h7.600l.7-10.500M8.500 8.500v4.500M11.500 8.500v4.500" />
);
export const CopyIcon = (): ReactElement => <Icon path="M7.500 7.500h8v8h-8zM12.500 7.500v-3h-8v8h3" />;
export const SearchIcon = (): ReactElement => (
  <Icon path="M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4ZM12.700 12.700 16.500 16.500" />
);
export const LinkIcon = (): ReactElement => (
  <Icon path="M8.500 11.500l3-3M7.500 9 5.300 11.200a2.500 2.500 0 0 0 3.500 3.500L11 12.500M12.500 11l2.200-2.200a2.500 2.500 0 0 0-3.500-3.500L9 7.500" />
);
export const ExitIcon = (): ReactElement => <Icon path="M8 4H4.500v12H8M8.500 10H16M13 7l3 3-3 3" />;
export const UpIcon = (): ReactElement => <Icon path="M10 16V4.500M5 9l5-5 5 5" />;
