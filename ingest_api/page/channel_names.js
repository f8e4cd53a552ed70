// What channels are called: by registration, else by the gateway's report, else by their number.

const names = new Map();

export function nameChannels(channels) {
  for (const { channel, label } of channels) if (label) names.set(channel, label);
}

export function channelName(channel, label = null) {
  return label || names.get(channel) || channel;
}
