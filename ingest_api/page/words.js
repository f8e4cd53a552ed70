// The page's words in Portuguese and English, and which language is spoken.

import { remember, remembered } from "./memory.js";

const WORDS = {
  skip: ["Ir para os sinais", "Skip to the signals"],
  sections: ["Seções", "Sections"],
  signals: ["Sinais", "Signals"],
  activity: ["Atividade", "Activity"],
  unread: ["Não lidos", "Unread"],
  trial: ["Testar o leitor", "Try the parser"],
  state: ["Estado do pipeline", "State of the pipeline"],
  attention: ["Precisa de atenção", "Needs attention"],
  export: ["Exportar", "Export"],
  filter: ["Filtrar sinais", "Filter signals"],
  search: ["Buscar", "Search"],
  search_hint: ["ativo ou texto", "asset or text"],
  more_filters: ["Filtros", "Filters"],
  channel: ["Canal", "Channel"],
  type: ["Tipo", "Type"],
  asset: ["Ativo", "Asset"],
  from: ["De", "From"],
  to: ["Até", "To"],
  clear: ["Limpar", "Clear"],
  all: ["Todos", "All"],
  time: ["Hora", "Time"],
  entry: ["Entrada", "Entry"],
  stop: ["Stop", "Stop"],
  targets: ["Alvos", "Targets"],
  price_bar: ["Faixa de preço", "Price range"],
  older: ["Mostrar mais antigos", "Show older"],
  older_texts: ["Mais antigos", "Older"],
  per_hour: ["Por hora", "Per hour"],
  period: ["Período", "Period"],
  hours_48: ["48 h", "48 h"],
  days_7: ["7 dias", "7 days"],
  channels_7: ["Canais, últimos 7 dias", "Channels, last 7 days"],
  unread_title: ["Textos não lidos", "Unread texts"],
  unread_hint: [
    "Parecem sinais, mas o leitor não os entendeu. O formato do canal pode ter mudado.",
    "They look like signals, but the parser could not read them. The channel's format may have changed.",
  ],
  unread_none: ["Nenhum. Todo texto com cara de sinal foi lido.", "None. Every text that looks like a signal was read."],
  trial_label: ["Texto da mensagem", "Text of a message"],
  trial_run: ["Ler", "Read"],
  trial_it: ["Testar este texto", "Try this text"],
  times: ["Horários de São Paulo.", "Times are São Paulo's."],
  metrics: ["Métricas", "Metrics"],
  health: ["Saúde", "Health"],
  key_title: ["Chave da API", "API key"],
  key_hint: [
    "Este servidor só mostra dados a quem tem a chave. Ela fica nesta aba até ser fechada.",
    "This server shows data only to holders of the key. It stays in this tab until that is closed.",
  ],
  key_use: ["Usar", "Use"],
  cancel: ["Cancelar", "Cancel"],
  key_needed: ["É preciso a chave da API.", "The API key is needed."],
  key_enter: ["Informar a chave", "Enter the key"],
  live: ["Ao vivo", "Live"],
  connecting: ["Conectando", "Connecting"],
  polling: ["Sem canal ao vivo: consulta a cada {n} s", "No live stream: asking every {n} s"],
  offline: ["Servidor fora de alcance", "Server out of reach"],
  language_name: ["EN", "PT"],
  language_switch: ["English", "Português"],
  today_word: ["hoje", "today"],
  yesterday_word: ["ontem", "yesterday"],
  theme_dark: ["Tema escuro", "Dark theme"],
  theme_light: ["Tema claro", "Light theme"],
  buy: ["Compra", "Buy"],
  sell: ["Venda", "Sell"],
  market: ["a mercado", "at market"],
  target: ["Alvo", "Target"],
  final: ["Alvo final", "Final target"],
  valid: ["Validade", "Valid until"],
  risk: ["Risco", "Risk"],
  gain: ["Ganho", "Gain"],
  versions: ["{n} versões", "{n} versions"],
  version: ["Versão", "Version"],
  version_now: ["atual", "current"],
  version_first: ["original", "original"],
  changed: ["Mudanças da versão {a} para a {b}", "Changes from version {a} to {b}"],
  deleted_at: ["Apagada no Telegram em {time}", "Deleted in Telegram at {time}"],
  text: ["Texto", "Text"],
  details: ["Detalhes de {asset}", "Details of {asset}"],
  edited: ["editada", "edited"],
  copy: ["Copiar", "Copy"],
  copied: ["Copiado", "Copied"],
  no_signals: ["Ainda não há sinais. Os novos aparecem aqui sozinhos.", "No signals yet. New ones appear here by themselves."],
  none_match: ["Nenhum sinal corresponde ao filtro.", "No signal matches the filter."],
  shown_one: ["{n} mostrado", "{n} shown"],
  shown: ["{n} mostrados", "{n} shown"],
  loading: ["Carregando…", "Loading…"],
  new_signal: ["Novo sinal: {direction} {asset}, entrada {entry}", "New signal: {direction} {asset}, entry {entry}"],
  changed_signal: ["Sinal alterado: {asset}", "Signal changed: {asset}"],
  withdrawn_signal: ["Sinal retirado: {asset}", "Signal withdrawn: {asset}"],
  problem: ["Não foi possível carregar: {detail}", "Could not load: {detail}"],
  database_away: ["O banco de dados não responde. Nada se perde: as mensagens esperam no gateway.", "The database does not answer. Nothing is lost: messages wait at the gateway."],
  rate_limited: ["Muitos pedidos; nova tentativa em {n} s.", "Too many requests; trying again in {n} s."],
  all_well: ["Tudo em ordem", "All is well"],
  look: ["Precisa de atenção", "Needs attention"],
  wrong: ["Sinais podem faltar", "Signals may be missing"],
  gw_connected: ["Telegram conectado", "Telegram connected"],
  gw_connecting: ["Telegram conectando", "Telegram connecting"],
  gw_finished: ["Importação concluída", "Import finished"],
  gw_none: ["nenhuma fonte ligada", "no source is on"],
  gw_trouble: ["Telegram com problema", "Telegram in trouble"],
  gw_login_required: ["Telegram pede login", "Telegram asks for a login"],
  gw_silent: ["gateway em silêncio há {age}", "gateway silent for {age}"],
  gw_unknown: ["gateway ainda não se apresentou", "gateway has not reported yet"],
  queue_empty: ["fila vazia", "queue empty"],
  queue: ["{n} na fila", "{n} in the queue"],
  queue_oldest: ["{n} na fila, a mais antiga há {age}", "{n} in the queue, the oldest for {age}"],
  last_message: ["última mensagem {when}", "last message {when}"],
  last_signal: ["último sinal {asset} {when}", "last signal {asset} {when}"],
  delay_none: ["atraso abaixo de 1 s", "delay below 1 s"],
  delay: ["atraso de {age}", "delay of {age}"],
  today: ["hoje {m} e {s}", "today {m} and {s}"],
  n_messages: ["{n} mensagens", "{n} messages"],
  n_messages_one: ["{n} mensagem", "{n} message"],
  n_signals: ["{n} sinais", "{n} signals"],
  n_signals_one: ["{n} sinal", "{n} signal"],
  at_gateway_unknown: ["O gateway ainda não se apresentou", "The gateway has not reported yet"],
  at_gateway_unknown_why: ["Sem ele não chegam mensagens novas.", "Without it no new message comes."],
  at_gateway_silent: ["O gateway está em silêncio há {age}", "The gateway has been silent for {age}"],
  at_gateway_silent_why: ["Ele fala a cada 15 s. Veja se ainda roda.", "It speaks every 15 s. See whether it still runs."],
  at_login_required: ["O Telegram pede um novo login", "Telegram asks for a new login"],
  at_login_required_why: ["Só uma pessoa pode entrar de novo. Depois, o que faltou é buscado.", "Only a person can log in. What was missed is fetched then."],
  at_source: ["Uma fonte do Telegram parou", "A Telegram source has stopped"],
  at_source_why: ["", ""],
  at_outbox_stuck_one: ["A fila não anda: {n} mensagem espera", "The queue stands still: {n} message waits"],
  at_outbox_stuck: ["A fila não anda: {n} mensagens esperam", "The queue stands still: {n} messages wait"],
  at_outbox_stuck_why: ["Nada se perde. O comando diz o que a segura.", "Nothing is lost. The command tells what holds it."],
  at_dead_letters_one: ["{n} mensagem recusada", "{n} message refused"],
  at_dead_letters: ["{n} mensagens recusadas", "{n} messages refused"],
  at_dead_letters_why: ["Veja o motivo de cada uma, corrija-o e reenvie.", "See the reasons, mend them, then send again."],
  at_malformed_one: ["{n} texto com cara de sinal não lido em 7 dias", "{n} text that looks like a signal unread in 7 days"],
  at_malformed: ["{n} textos com cara de sinal não lidos em 7 dias", "{n} texts that look like signals unread in 7 days"],
  at_malformed_why: ["Estão listados abaixo. Com o leitor corrigido, releia tudo:", "They are listed below. With the parser mended, read all again:"],
  messages: ["Mensagens", "Messages"],
  unreadable: ["Não lidas", "Unread"],
  last_activity: ["Última", "Last"],
  never: ["nunca", "never"],
  filter_by: ["Filtrar por {name}", "Filter by {name}"],
  no_channels: ["Nenhum canal ainda.", "No channel yet."],
  chart: [
    "{m} mensagens e {s} sinais em {period}; hora mais cheia: {peak} com {n} mensagens",
    "{m} messages and {s} signals in {period}; busiest hour: {peak} with {n} messages",
  ],
  chart_none: ["Nenhuma mensagem em {period}", "No message in {period}"],
  kind_signal: ["Sinal", "Signal"],
  kind_malformed: ["Parece um sinal, mas não pode ser lido", "Looks like a signal, but cannot be read"],
  kind_not_a_signal: ["Não é um sinal", "Not a signal"],
};

const LANGUAGES = ["pt", "en"];
let spoken = LANGUAGES.includes(remembered("language"))
  ? remembered("language")
  : (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt" : "en";

export function language() {
  return spoken;
}

export function locale() {
  return spoken === "pt" ? "pt-BR" : "en-GB";
}

export function otherLanguage() {
  spoken = spoken === "pt" ? "en" : "pt";
  remember("language", spoken);
}

// The words under a name, with {places} filled in; `one` asks for the singular.
export function t(name, places = {}) {
  const found = (places.one && WORDS[`${name}_one`]) || WORDS[name];
  if (!found) return name;
  return found[LANGUAGES.indexOf(spoken)].replace(/\{(\w+)\}/g, (_, place) => places[place]);
}

// Every fixed text of the document in the language that is spoken.
export function speak() {
  document.documentElement.lang = locale();
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.placeholder = t(element.dataset.tPlaceholder);
  }
}
