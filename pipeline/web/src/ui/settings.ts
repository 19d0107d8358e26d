/** The settings: devices, appearance, and another face. */

import type { Talk } from "../talk";
import { type Appearance, choices, choose } from "./choices";
import { element, make } from "./elements";
import { words } from "./strings";

export interface SettingsEvents {
  appearance(): void;
  vrm(file: File): void;
}

export class Settings {
  private readonly dialog = element<HTMLDialogElement>("settings");
  private readonly microphone = element<HTMLSelectElement>("microphone");
  private readonly speaker = element<HTMLSelectElement>("speaker");

  constructor(
    private readonly talk: Talk,
    events: SettingsEvents,
  ) {
    element("open-settings").onclick = () => this.open();
    this.dialog.onclick = ({ target }) => {
      if (target === this.dialog) this.dialog.close(); // beside it
    };
    this.microphone.onchange = () => {
      choose({ microphone: this.microphone.value });
      void talk.useMicrophone(this.microphone.value);
    };
    this.speaker.onchange = () => {
      choose({ speaker: this.speaker.value });
      void talk.useSpeaker(this.speaker.value);
    };
    const appearance = element<HTMLSelectElement>("appearance");
    appearance.onchange = () => {
      choose({ appearance: appearance.value as Appearance });
      events.appearance();
    };
    const file = element<HTMLInputElement>("vrm");
    element("choose-avatar").onclick = () => file.click();
    file.onchange = () => {
      if (file.files?.[0]) events.vrm(file.files[0]);
      file.value = "";
      this.dialog.close();
    };
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.devices());
  }

  /** Fills in the devices; their names are known once the microphone was allowed. */
  async devices(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    fill(this.microphone, devices.filter(({ kind }) => kind === "audioinput"), choices.microphone);
    fill(this.speaker, devices.filter(({ kind }) => kind === "audiooutput"), choices.speaker);
    element("speaker-row").hidden = !("setSinkId" in AudioContext.prototype);
  }

  private open(): void {
    element<HTMLSelectElement>("appearance").value = choices.appearance;
    element("about").textContent = this.talk.about;
    void this.devices();
    this.dialog.showModal();
  }
}

function fill(select: HTMLSelectElement, devices: MediaDeviceInfo[], chosen: string): void {
  // Before the microphone is allowed, browsers give devices without ids; "default" is the system's choice under its own name.
  const named = devices.filter(({ deviceId }) => deviceId && deviceId !== "default" && deviceId !== "communications");
  const options = named.map(({ deviceId, label }) => Object.assign(make("option", "", label), { value: deviceId }));
  select.replaceChildren(Object.assign(make("option", "", words.standard), { value: "" }), ...options);
  select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
}
