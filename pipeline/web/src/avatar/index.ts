import type { CreateAvatar } from "./contract";

export const createAvatar: CreateAvatar = () => {
  throw new Error("there is no face yet");
};
