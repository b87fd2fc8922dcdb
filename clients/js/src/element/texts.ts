// The words of <longhaul-export>, in ten languages, and numbers as the language writes them.
//
// Each language is one text with a line for each of KEYS, in their order: so ten languages are small.
// Where the page says the same (chalicelib/web/texts-*.js), these are its words.

const KEYS = [
  // What a button and a link say, if the page gives no label.
  "download", "cancel", "again",
  // What is being done.
  "starting", "queued", "planning",
  // {done} and {n} are numbers, or sizes in `of`. {time} is a duration.
  "files", "of", "left", "trying",
  // How it ended. {n}: a number. Behind a colon, so no plural is needed.
  "ready", "leftOut", "failed", "cancelled", "expired",
  // Why it failed.
  "used", "outdated", "unauthorized", "forbidden", "missing", "unreadable", "nothing", "tooMuch",
  "noConnection", "busy",
  // When it may work.
  "wait",
] as const;

/** The texts of one language, by name. */
export type Texts = Record<(typeof KEYS)[number], string>;

const LANGUAGES: Record<string, string> = {
  ar: `تنزيل
إلغاء
إعادة المحاولة
جارٍ البدء…
ينتظر دوره.
جارٍ البحث عن الملفات.
الملفات: {done} من {n}
{done} من {n}
بقي {time}
تجري إعادة المحاولة…
جاهز للتنزيل
ملفات مستبعدة: {n}
فشل التصدير
أُلغي التصدير
انتهت صلاحية ملف ZIP
صُدّر هذا من قبل
هذه الصفحة قديمة
لم تسجّل الدخول
غير مسموح
ملفات مفقودة
تتعذر قراءة ملفات
لا شيء لتصديره
هذا أكثر مما يُسمح لك بتصديره
لا يوجد اتصال
الخدمة مشغولة
حاول مجددًا بعد {time}.`,
  de: `Herunterladen
Abbrechen
Erneut versuchen
Wird gestartet …
In der Warteschlange.
Die Dateien werden ermittelt.
{done} von {n} Dateien
{done} von {n}
noch {time}
Neuer Versuch …
Bereit zum Herunterladen
Ausgelassene Dateien: {n}
Der Export ist fehlgeschlagen
Der Export wurde abgebrochen
Das Archiv ist abgelaufen
Das wurde schon exportiert
Diese Seite ist veraltet
Nicht angemeldet
Das ist nicht erlaubt
Dateien fehlen
Dateien sind nicht lesbar
Nichts zu exportieren
Kontingent überschritten
Keine Verbindung
Der Dienst ist ausgelastet
Bitte in {time} erneut versuchen.`,
  en: `Download
Cancel
Try again
Starting…
Waiting for its turn.
Looking up the files.
{done} of {n} files
{done} of {n}
{time} left
Trying again…
Ready to download
Files left out: {n}
The export failed
The export was cancelled
The archive has expired
This was exported before
This page is out of date
You are not signed in
This is not allowed
Files are missing
Files cannot be read
There is nothing to export
This is more than you may export
No connection
The service is busy
Try again in {time}.`,
  es: `Descargar
Cancelar
Reintentar
Iniciando…
Esperando su turno.
Buscando los archivos.
{done} de {n} archivos
{done} de {n}
falta: {time}
Reintentando…
Lista para descargar
Archivos omitidos: {n}
La exportación ha fallado
La exportación se ha cancelado
El ZIP ha caducado
Ya se había exportado
Esta página está desactualizada
No ha iniciado sesión
No está permitido
Faltan archivos
Hay archivos ilegibles
No hay nada que exportar
Cuota superada
Sin conexión
El servicio está saturado
Vuelva a intentarlo en {time}.`,
  fr: `Télécharger
Annuler
Réessayer
Lancement…
En attente de son tour.
Recherche des fichiers.
{done} sur {n} fichiers
{done} sur {n}
reste {time}
Nouvel essai…
Prêt à télécharger
Fichiers omis : {n}
L’export a échoué
L’export a été annulé
L’archive a expiré
Export déjà effectué
Cette page n’est plus à jour
Connexion requise
Action non autorisée
Des fichiers manquent
Des fichiers sont illisibles
Rien à exporter
Quota dépassé
Pas de connexion
Le service est surchargé
Réessayez dans {time}.`,
  it: `Scarica
Annulla
Riprova
Avvio…
In attesa del suo turno.
Ricerca dei file.
{done} di {n} file
{done} di {n}
ancora {time}
Nuovo tentativo in corso…
Pronta da scaricare
File esclusi: {n}
L’esportazione non è riuscita
L’esportazione è stata annullata
L’archivio è scaduto
Esportazione già eseguita
Questa pagina non è aggiornata
Devi accedere
Operazione non consentita
Mancano dei file
File non leggibili
Niente da esportare
Limite superato
Nessuna connessione
Il servizio è occupato
Riprova tra {time}.`,
  ja: `ダウンロード
キャンセル
再試行
開始しています…
順番を待っています。
ファイルを確認しています。
ファイル{n}件中{done}件
{done} / {n}
残り{time}
再試行しています…
ダウンロードできます
除外されたファイル：{n}件
エクスポートに失敗しました
エクスポートはキャンセルされました
ZIPの保存期限が切れました
すでにエクスポートされています
ページが古くなっています
サインインしていません
許可されていません
見つからないファイルがあります
読み取れないファイルがあります
エクスポートするものがありません
エクスポートできる量を超えています
接続できません
サービスが混み合っています
{time}後に再度お試しください。`,
  nl: `Downloaden
Annuleren
Opnieuw proberen
Starten…
Wacht op zijn beurt.
Bestanden opzoeken.
{done} van {n} bestanden
{done} van {n}
nog {time}
Er wordt opnieuw geprobeerd…
Klaar om te downloaden
Weggelaten bestanden: {n}
De export is mislukt
De export is geannuleerd
Het ZIP-bestand is verlopen
Dit is al geëxporteerd
Deze pagina is verouderd
Je bent niet ingelogd
Dit mag niet
Er ontbreken bestanden
Onleesbare bestanden
Er is niets te exporteren
Dit is meer dan je mag exporteren
Geen verbinding
De dienst is bezet
Probeer het over {time} opnieuw.`,
  pt: `Baixar
Cancelar
Tentar de novo
Iniciando…
Aguardando a vez.
Verificando os arquivos.
{done} de {n} arquivos
{done} de {n}
{time} até terminar
Tentando de novo…
Pronta para baixar
Arquivos que ficaram de fora: {n}
A exportação falhou
A exportação foi cancelada
O ZIP expirou
Isto já foi exportado
Esta página está desatualizada
É preciso entrar
Isto não é permitido
Faltam arquivos
Há arquivos ilegíveis
Não há nada para exportar
Isto passa do seu limite
Sem conexão
O serviço está ocupado
Tente de novo em {time}.`,
  zh: `下载
取消
重试
正在开始…
正在排队。
正在查找文件。
已完成 {done} 个文件，共 {n} 个
{done}，共 {n}
剩余 {time}
正在重试…
可以下载了
跳过的文件：{n} 个
导出失败
导出已取消
压缩包已过期
此内容已导出过
此页面已过时
尚未登录
没有权限
有文件缺失
有文件无法读取
没有可导出的内容
超出了可导出的量
无法连接
服务繁忙
请在 {time}后重试。`,
};

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/i;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const languageOf = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";

/** Words and numbers of one language. */
export interface Words {
  /** The language's tag, as the page or the browser has it. */
  tag: string;
  isRightToLeft: boolean;
  /** Returns the text of this name, with these values in its places. */
  t(key: keyof Texts, values?: Record<string, string | number>): string;
  /** "64%" of 64. */
  percent(number: number): string;
  /** "20 MB" */
  size(bytes: number): string;
  /** "8.3 of 20 MB" */
  sizeOf(bytes: number, total: number): string;
  /** "2 min" */
  duration(seconds: number): string;
}

/**
 * Returns the words of the first of these languages that there are texts in; English without one.
 * `own` has texts of the page's own, by language: they come before ours.
 */
export function wordsOf(tags: readonly string[], own: Record<string, Partial<Texts>>): Words {
  const tag = tags.find((one) => Object.hasOwn(own, one) || Object.hasOwn(own, languageOf(one)) || Object.hasOwn(LANGUAGES, languageOf(one))) ?? "en";
  const lines = (LANGUAGES[languageOf(tag)] ?? LANGUAGES["en"]!).split("\n");
  const texts = { ...own[languageOf(tag)], ...own[tag] };
  const write = (number: number, more?: Intl.NumberFormatOptions): string => new Intl.NumberFormat(tag, more).format(number);
  const inUnit = (number: number, unit: string, maximumFractionDigits = 0): string =>
    write(number, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits });
  const powerOf = (bytes: number): number => UNITS.filter((_, power) => power && bytes >= 999.5 * 1000 ** (power - 1)).length;
  const digitsOf = (number: number, power: number): number => (power && number < 99.95 ? 1 : 0);
  const t: Words["t"] = (key, values = {}) =>
    (texts[key] ?? lines[KEYS.indexOf(key)] ?? "").replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values[name] ?? place;
      return typeof value === "number" ? write(value) : value;
    });
  const size: Words["size"] = (bytes) => {
    const power = powerOf(bytes);
    const number = bytes / 1000 ** power;
    return inUnit(number, UNITS[power]!, digitsOf(number, power));
  };
  return {
    tag,
    isRightToLeft: RIGHT_TO_LEFT.test(tag),
    t,
    percent: (number) => write(number / 100, { style: "percent" }),
    size,
    sizeOf: (bytes, total) => {
      const power = powerOf(total);
      const number = bytes / 1000 ** power;
      return t("of", { done: write(number, { maximumFractionDigits: digitsOf(number, power) }), n: size(total) });
    },
    duration: (seconds) => {
      const minutes = Math.round(seconds / 60);
      if (seconds < 60) return inUnit(Math.ceil(seconds), "second");
      if (minutes < 60) return inUnit(minutes, "minute");
      return `${inUnit(Math.floor(minutes / 60), "hour")}${minutes % 60 ? ` ${inUnit(minutes % 60, "minute")}` : ""}`;
    },
  };
}
