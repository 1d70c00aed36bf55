// How finely the plane is drawn: points a side, for the answer and for a unit's little map.
export const PLANE_SIDE = 48;
export const MAP_SIDE = 24;
