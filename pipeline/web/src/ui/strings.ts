/** What the page says, in the languages that it speaks. */

import type { State } from "../avatar/contract";
import type { Trouble } from "../audio/microphone";
import type { Code } from "../protocol/messages";

const english = {
  face: "The avatar's face",
  captions: "Conversation",
  you: "You",
  avatar: "Avatar",
  theme: "Change between dark and light",
  settings: "Settings",
  close: "Close",
  enterVr: "Enter VR",
  enterAr: "Enter AR",
  handsFree: "Hands-free",
  mute: "Mute",
  volume: "Volume",
  textLabel: "Type to the avatar",
  textPlaceholder: "Or type here",
  send: "Send",
  microphone: "Microphone",
  speaker: "Loudspeaker",
  asSystem: "As the system",
  standard: "The system's choice",
  appearance: "Appearance",
  dark: "Dark",
  light: "Light",
  chooseVrm: "Choose a .vrm file",
  dropHint: "Or drop a .vrm file anywhere on the page. It stays on this machine.",
  drop: "Drop the .vrm file to wear it",
  notVrm: "Only .vrm files can be dropped here.",
  noFace: "The avatar has no face here, as this browser has no WebGL 2. Voice and text work.",
  keys: "Keys",
  space: "Space",
  keyTalk: "hold to talk",
  keyStop: "stop the answer",
  keyType: "type",
  keyHandsFree: "hands-free",
  keyMute: "mute",
  hold: "Hold to talk",
  holding: "Listening: let go when you have finished",
  opening: "Opening the microphone",
  free: "Just talk",
  ready: "The microphone is ready: hold the button while you talk.",
  hint: "Hold the button or Space",
  touchHint: "Hold the button",
  blocked: "The browser holds the sound back. Click anywhere, or press a key, to hear the avatar.",
  lost: "The line is lost. Trying again…",
  back: "Connected again.",
  anew: "Connected again. The earlier conversation was over: this is a new one.",
  again: "Continue here",
  latency: "From the end of your words to the avatar's first sound",
  failed: "This turn failed",
  interrupted: "interrupted",
  microphoneGone: "The microphone was taken away. Hold the button to use another one.",
};

export type Strings = typeof english;

const chinese: Strings = {
  face: "虚拟形象的脸",
  captions: "对话",
  you: "你",
  avatar: "虚拟形象",
  theme: "切换深色与浅色",
  settings: "设置",
  close: "关闭",
  enterVr: "进入 VR",
  enterAr: "进入 AR",
  handsFree: "免按键",
  mute: "静音",
  volume: "音量",
  textLabel: "打字给虚拟形象",
  textPlaceholder: "也可以在这里打字",
  send: "发送",
  microphone: "麦克风",
  speaker: "扬声器",
  asSystem: "跟随系统",
  standard: "系统默认",
  appearance: "外观",
  dark: "深色",
  light: "浅色",
  chooseVrm: "选择 .vrm 文件",
  dropHint: "也可以把 .vrm 文件拖到页面任意位置。文件不会离开本机。",
  drop: "松开以使用这个 .vrm 文件",
  notVrm: "这里只能拖入 .vrm 文件。",
  noFace: "此浏览器没有 WebGL 2，无法显示形象；语音和文字仍可使用。",
  keys: "快捷键",
  space: "空格",
  keyTalk: "按住说话",
  keyStop: "停止回答",
  keyType: "打字",
  keyHandsFree: "免按键",
  keyMute: "静音",
  hold: "按住说话",
  holding: "正在听，说完请松开",
  opening: "正在打开麦克风",
  free: "直接说话即可",
  ready: "麦克风已就绪：请按住按钮说话。",
  hint: "按住按钮或空格键",
  touchHint: "按住按钮",
  blocked: "浏览器暂停了声音。请点击页面或按任意键。",
  lost: "连接中断，正在重试……",
  back: "已重新连接。",
  anew: "已重新连接。之前的对话已结束，现在是新的对话。",
  again: "在此继续",
  latency: "从你说完到听见回答",
  failed: "这一轮出错了",
  interrupted: "被打断",
  microphoneGone: "麦克风已断开。按住按钮即可换用另一个。",
};

const STATES: Record<"en" | "zh", Record<State | "connecting" | "lost" | "ended", string>> = {
  en: {
    idle: "Ready",
    listening: "Listening",
    thinking: "Thinking",
    speaking: "Speaking",
    connecting: "Connecting",
    lost: "No connection",
    ended: "Disconnected",
  },
  zh: {
    idle: "就绪",
    listening: "正在听",
    thinking: "正在想",
    speaking: "正在说",
    connecting: "正在连接",
    lost: "无连接",
    ended: "已断开",
  },
};

const TROUBLES: Record<"en" | "zh", Record<Trouble, string>> = {
  en: {
    denied:
      "The microphone is blocked. Allow it for this page (the icon beside the address, then Microphone), and hold the button again. Typing works meanwhile.",
    absent: "No microphone was found. Plug one in, and hold the button again. Typing works meanwhile.",
    busy: "The microphone does not answer: another program may hold it. Close that, or choose another one in the settings.",
    insecure:
      "Browsers give the microphone only to pages on https:// or on this machine. Start the server with --tls-cert and --tls-key, or open the page at http://localhost. Typing works meanwhile.",
  },
  zh: {
    denied: "麦克风被禁止。请在地址栏旁的图标里允许麦克风，然后再按住按钮。此时仍可打字。",
    absent: "没有找到麦克风。请接上后再按住按钮。此时仍可打字。",
    busy: "麦克风没有响应，可能被其他程序占用。请关闭该程序，或在设置中选择其他麦克风。",
    insecure: "浏览器只允许 https:// 或本机页面使用麦克风。请用 --tls-cert 和 --tls-key 启动服务器，或通过 http://localhost 打开。此时仍可打字。",
  },
};

/** Errors that deserve more than the server's own words. */
const ERRORS: Record<"en" | "zh", Partial<Record<Code, string>>> = {
  en: {
    unauthorised: "The server wants a token: open the page with #token=… behind its address (parley token create).",
    replaced: "The conversation goes on in another window.",
    "unknown-protocol": "This page and the server are of different versions: load the page again.",
    "shutting-down": "The server is ending. Trying again…",
  },
  zh: {
    unauthorised: "服务器需要令牌：请在网址后加上 #token=…（parley token create）。",
    replaced: "对话已在另一个窗口继续。",
    "unknown-protocol": "页面与服务器版本不同，请重新加载页面。",
    "shutting-down": "服务器正在关闭，正在重试……",
  },
};

export const LANGUAGE: "en" | "zh" = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
export const words: Strings = LANGUAGE === "zh" ? chinese : english;
export const states = STATES[LANGUAGE];
export const troubles = TROUBLES[LANGUAGE];
export const errors = ERRORS[LANGUAGE];

/** Fills in the words of the document: `data-text`, `data-label` (accessible name and tooltip), `data-placeholder`. */
export function speak(root: ParentNode): void {
  document.documentElement.lang = LANGUAGE;
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = words[element.dataset["text"] as keyof Strings];
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-label]")) {
    const label = words[element.dataset["label"] as keyof Strings];
    element.setAttribute("aria-label", label);
    if (element instanceof HTMLButtonElement) element.title = label;
  }
  for (const element of root.querySelectorAll<HTMLInputElement>("[data-placeholder]")) {
    element.placeholder = words[element.dataset["placeholder"] as keyof Strings];
  }
}
