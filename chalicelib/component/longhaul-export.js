// Made by `make client` from clients/js.
var de="urn:problem-type:longhaul:",Ie={400:"invalid-request",401:"unauthorized",403:"forbidden",404:"not-found",413:"body-too-large",415:"unsupported-media-type",429:"rate-limited"},je=408,Ne=425,De=429,Me=500,p=class extends Error{type;slug;title;status;detail;requestId;errors;retryAfter;constructor(e,t={}){let{title:n,detail:s=""}=e;super(s&&s!==n?`${n}: ${s}`:n,t.cause===void 0?{}:{cause:t.cause}),this.name="LonghaulError",this.type=e.type??"",this.slug=t.slug??V(e),this.title=n,this.status=e.status,this.detail=s,this.requestId=e.requestId,this.errors=e.errors??[],this.retryAfter=t.retryAfter}};function V(i){let{type:e="",status:t=0}=i;return e&&e!=="about:blank"?e.slice(e.startsWith(de)?de.length:e.search(/[^:/#]*$/)):Ie[t]??"unavailable"}function Z({slug:i,status:e}){return i==="no-connection"||e>=Me?!0:[je,Ne,De].includes(e)&&i!=="quota-exceeded"}function K(i,e){return e?new Promise((t,n)=>{let s=()=>n(e.reason);e.aborted&&s(),e.addEventListener("abort",s),i.then(t,n).finally(()=>e.removeEventListener("abort",s))}):i}async function N(i,e,t=!1){let n=()=>{},s=t?globalThis.document:void 0,r=()=>s?.visibilityState==="visible"&&n(),o;try{await K(new Promise(l=>{n=l,o=setTimeout(l,Ce(i)),s?.addEventListener("visibilitychange",r),s&&addEventListener("online",n)}),e)}finally{clearTimeout(o),s?.removeEventListener("visibilitychange",r),s&&removeEventListener("online",n)}}var Ce=i=>Math.min(Math.max(i,200),3e5);function Q(i,e=0){let t=Math.min(500*2**i,3e4)*(.75+Math.random()/4);return Math.max(t,e*1e3)}function ue(i,e){let t=new AbortController,n=AbortSignal.timeout(i),s=e?[e,n]:[n],r=o=>t.abort(o.target.reason);for(let o of s)o.aborted&&t.abort(o.reason),o.addEventListener("abort",r);return{signal:t.signal,late:n,end:()=>s.forEach(o=>o.removeEventListener("abort",r))}}var qe=35e3,ze=3e4,Ke=401,_e=204,ce=304,_=class{url;i;timeout;tickets;fetch;#i;#s;constructor({url:e,token:t,fetch:n,timeout:s=qe,i:r=ze,b:o,tickets:l}){this.url=e.replace(/\/+$/,""),this.fetch=n??((u,c)=>globalThis.fetch(u,c)),this.timeout=s,this.i=r,this.tickets=l??new Map,this.#i=t,this.#s=o}async ask(e){return this.open(e,async t=>({status:t.status,headers:t.headers,body:await Fe(t)}))}async open(e,t){let{signal:n}=e,s=this.tickets.get(e.job??""),r=s===void 0&&!e.d,o=r?await this.#t(n):s;for(let l=0;;l+=1){let u=await this.#r(e,o,t);if(!(u instanceof p))return u.taken;if(u.status!==Ke||!r)throw u;let c=o,f=this.#s;if(f&&!await this.#n(()=>f(c,l),n)||(o=await this.#t(n),!f&&(l>0||o===c)))throw u}}async#t(e){let t=this.#i,n=(typeof t=="function"?await this.#n(t,e):t)?.trim();if(/[^!-~]/.test(n))throw new p({title:"This is no token",status:0},{slug:"no-token"});return n}async#n(e,t){t?.throwIfAborted();try{return await K(Promise.resolve(e()),t)}catch(n){throw t?.throwIfAborted(),new p({title:`There is no token for ${this.url}`,status:0},{slug:"no-token",cause:n})}}async#r({method:e="GET",path:t,body:n,headers:s,signal:r},o,l){let u=ue(this.timeout,r);try{return await K((async()=>{let f=await this.fetch(`${this.url}/${t}`,{method:e,headers:{Accept:"application/json",...n!==void 0&&{"Content-Type":"application/json"},...o!==void 0&&{Authorization:`Bearer ${o}`},...s},...n!==void 0&&{body:JSON.stringify(n)},cache:"no-store",redirect:"manual",signal:u.signal});return f.ok||f.status===ce?{taken:await l(f,u.signal)}:$e(f,await f.text())})(),u.signal)}catch(c){throw r?.throwIfAborted(),c instanceof p?c:Je(this.url,c)}finally{u.end()}}};var Je=(i,e)=>new p({title:`${i||"The server"} does not answer`,status:0},{slug:"no-connection",cause:e}),J=i=>{let t=`This is no answer of Longhaul: ${i.type==="opaqueredirect"?"a redirect":i.status}, ${i.headers.get("Content-Type")??"without a type"}`;return new p({title:t,status:i.status},{slug:"unexpected-answer",retryAfter:F(i)})};function F({headers:i}){let e=i.get("Retry-After")?.trim();if(!e)return;let t=/^[0-9]+$/.test(e)?+e:(Date.parse(e)-Date.now())/1e3;return t>=0?t:void 0}async function Fe(i){let e=await i.text();if(i.status===_e||i.status===ce)return;let t=he(e);if(t)return t;throw/json/.test(i.headers.get("Content-Type")??"")&&!/[}\]]\s*$/.test(e)?new Error("The answer was cut"):J(i)}function $e(i,e){let t=he(e);return typeof t?.title!="string"?J(i):new p({...t,status:i.status},{retryAfter:F(i)})}function he(i){try{let e=JSON.parse(i);return typeof e=="object"&&e&&!Array.isArray(e)?e:void 0}catch{return}}function pe(i,e){return/^\s*\[/.test(i)?JSON.parse(i).map(String):i.split(e).map(t=>t.trim()).filter(Boolean)}function fe(i){let[e,t,n,s]=["file-ids","keys","prefix","filename"].map(i),r=s?{filename:s}:{};return e?{fileIds:pe(e,/[\s,]+/).map(o=>/^(0|[1-9]\d{0,14})$/.test(o)?Number(o):o),...r}:t?{keys:pe(t,/[\r\n]+/),...r}:n==null?void 0:{prefix:n,...r}}function ge(i){try{let e=(i.split(".")[1]??"").replaceAll("-","+").replaceAll("_","/");return JSON.parse(atob(e))}catch{return{}}}var X=i=>String(ge(i).sub);function be({selection:i,selectionUrl:e,request:t,place:n}){if(typeof i=="string"){let{exp:s,iat:r,nbf:o,jti:l,...u}=ge(i);return JSON.stringify(u)}return i?n:e??(t&&JSON.stringify(t))}async function me({selection:i,selectionUrl:e},t){if(i)return typeof i=="string"?i:i();if(!e)return;let n,s;try{n=await fetch(e,{headers:{Accept:"application/json"},cache:"no-store",credentials:"same-origin",signal:t}),s=n.ok?await n.json():null}catch(o){throw t.throwIfAborted(),new p({title:"No selection",status:0},{slug:"no-connection",cause:o})}if(typeof s?.selection=="string")return s.selection;if(n.ok)throw J(n);let r=n.status===404?403:n.status;throw new p({title:"No selection",status:r})}var ye="longhaul-export",$=class{kept;s=!1;place;#i;#s;#t;constructor(e,t,n,s){if(this.#i=ye+e,this.place=t,this.kept=s,t==="none")return;try{this.#s=t==="local"?localStorage:sessionStorage;let o=JSON.parse(this.#s.getItem(this.#i)??"null");o?.key&&!(o.ends<Date.now())&&(this.kept=o)}catch{}let r=this.#t=new BroadcastChannel(ye);r.onmessage=({data:o})=>{o?.name===this.#i&&(o.kept?n(o.kept):this.kept&&this.#n())},this.kept||this.#n()}keep(e,t=!0){this.kept=e;try{e?this.#s?.setItem(this.#i,JSON.stringify(e)):this.#s?.removeItem(this.#i)}catch{}e&&t&&this.#n()}close(){this.s=!0,this.#t?.close(),this.#t=void 0}#n(){this.#t?.postMessage({name:this.#i,kept:this.kept})}};var xe=5,He=20,Ue=3e4,ee=({status:i})=>i==="queued"||i==="processing",H=class{href="";#i=0;#s=!1;#t=!1;#n=new AbortController;#r;#d;#o;#e;constructor(e,t,n,s,r){this.#r=new _({url:e,...t&&{token:t}}),this.#d=n,this.#o=s,this.#e=r}get signal(){return this.#n.signal}stop(){this.#n.abort()}get r(){return Date.now()<this.#i}async end(e){if(e&&await N(e,this.signal),e!==void 0&&this.#o.sub!==void 0&&!await this.#a())return;this.#o.jobId||await this.#x();let{jobId:t,ticket:n}=this.#o;return n&&this.#r.tickets.set(t,n),this.#t?this.#u():this.#m()}async cancel(e){if(this.#o.jobId)return this.#u();this.#t=!0,(!this.#s||e)&&this.stop()}async link(){let{downloadUrl:e,expiresIn:t}=(await this.#p("GET","/download",1/0)).body;if(!/^https?:/.test(e))throw new TypeError("No link");this.href=e,this.#i=Date.now()+t*1e3-Ue}async#a(){try{return X(await this.#g(1/0)??"")===this.#o.sub}catch{return this.signal.throwIfAborted(),!1}}#g(e=xe){return this.#l(()=>me(this.#d,this.signal),e)}async#x(){let e=this.#o;for(let t=e.selection!==void 0;;t=!1){let n=t?e.selection:await this.#g();n!==void 0&&Object.assign(e,{selection:n,sub:X(n)}),this.#e.keep(e),this.#s=!0;try{let s=n===void 0?this.#d.request:{selection:n},r={"Idempotency-Key":e.key},o=()=>this.#r.ask({method:"POST",path:"v1/export",body:s,headers:r,signal:this.signal,d:n!==void 0}),{ticket:l,ticketExpiresAt:u,...c}=(await this.#l(o)).body;return delete e.selection,this.#e.keep(Object.assign(e,{jobId:c.jobId,ticket:l,ends:u&&Date.parse(u)})),this.#e.u(c)}catch(s){if(!t||!(s instanceof p)||s.status!==401)throw s}}}async#m(){for(let e=null;;){let t=e,{headers:n,body:s}=await this.#p("GET","",1/0,{Prefer:`wait=${He}`,...t&&{"If-None-Match":t}});e=n.get("ETag");let r=s;if(r?.status==="completed"&&await this.link(),r&&!ee(r))return r;r&&this.#e.c(r),(r||!n.has("Preference-Applied"))&&await N((F({headers:n})??1)*1e3,this.signal)}}async#u(){return(await this.#p("DELETE","?only=open")).body}#p(e,t,n,s){let r=this.#o.jobId,o=`v1/export/${encodeURIComponent(r)}${t}`;return this.#l(()=>this.#r.ask({method:e,path:o,job:r,headers:s,signal:this.signal}),n)}async#l(e,t=xe){for(let n=1;;n+=1)try{let s=await e();return this.#e.e(),s}catch(s){if(this.signal.throwIfAborted(),!(s instanceof p)||!Z(s)||s.slug==="too-many-jobs"||n>=t)throw s;this.#e.e(s.status?"unavailable":"no-connection"),this.#t&&this.stop(),await N(Q(n,s.retryAfter),this.signal,!0)}}};var ve=["download","cancel","again","starting","queued","files","left","trying","ready","leftOut","failed","cancelled","expired","selection-used","outdated","unauthorized","forbidden","source-missing","source-unreadable","nothing-to-export","quota-exceeded","no-connection","unavailable","wait"],Be={"too-many-jobs":"unavailable","rate-limited":"unavailable"},te={ar:`تنزيل
إلغاء
إعادة المحاولة
جارٍ البدء…
ينتظر دوره.
الملفات: {done} من {n}
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
حاول مجددًا بعد {time}.`,de:`Herunterladen
Abbrechen
Erneut versuchen
Wird gestartet …
In der Warteschlange.
{done} von {n} Dateien
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
Bitte in {time} erneut versuchen.`,en:`Download
Cancel
Try again
Starting…
Waiting for its turn.
{done} of {n} files
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
Try again in {time}.`,es:`Descargar
Cancelar
Reintentar
Iniciando…
Esperando su turno.
{done} de {n} archivos
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
Vuelva a intentarlo en {time}.`,fr:`Télécharger
Annuler
Réessayer
Lancement…
En attente de son tour.
{done} sur {n} fichiers
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
Réessayez dans {time}.`,it:`Scarica
Annulla
Riprova
Avvio…
In attesa del suo turno.
{done} di {n} file
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
Riprova tra {time}.`,ja:`ダウンロード
キャンセル
再試行
開始しています…
順番を待っています。
ファイル{n}件中{done}件
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
{time}後に再度お試しください。`,nl:`Downloaden
Annuleren
Opnieuw proberen
Starten…
Wacht op zijn beurt.
{done} van {n} bestanden
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
Probeer het over {time} opnieuw.`,pt:`Baixar
Cancelar
Tentar de novo
Iniciando…
Aguardando a vez.
{done} de {n} arquivos
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
Tente de novo em {time}.`,zh:`下载
取消
重试
正在开始…
正在排队。
已完成 {done} 个文件，共 {n} 个
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
请在 {time}后重试。`},We=/^(ar|fa|he|ur)\b/i,we=["byte","kilobyte","megabyte","gigabyte","terabyte"],ne=i=>/^[a-z]{2,3}(?=-|$)/.exec(i.toLowerCase())?.[0]??"";function ke(i,e){let t=i.find(a=>e[a]||e[ne(a)]||te[ne(a)])??"en",n=ne(t),s={...e[n],...e[t]},r=(te[n]??te.en).split(`
`),o=(a,b)=>{try{return new Intl.NumberFormat(t,b).format(a)}catch{return new Intl.NumberFormat("en",b).format(a)}},l=(a,b,x=0)=>o(a,{style:"unit",unit:b,unitDisplay:b==="byte"?"long":"short",maximumFractionDigits:x}),u=(a,b,x=l)=>{let y=we.filter((U,R)=>R&&b>=999.5*1e3**(R-1)).length,v=a/1e3**y;return x(v,we[y],y&&v<99.95?1:0)},c=a=>u(a,a),f=a=>!!s[a]||ve.includes(a);return{tag:t,why:a=>[a,Be[a]??""].find(f)??"failed",h:We.test(t),t:(a,b={})=>(s[a]??r[ve.indexOf(a)]??"").replace(/\{(\w+)\}/g,(x,y)=>{let v=b[y]??x;return typeof v=="number"?o(v):v}),percent:a=>o(a/100,{style:"percent"}),size:c,sizeOf:(a,b)=>`${u(a,b,(x,y,v)=>o(x,{maximumFractionDigits:v}))} / ${c(b)}`,duration:a=>a<60?l(Math.ceil(a),"second"):a<5400?l(a/60,"minute"):l(a/3600,"hour",1)}}var Ee=`:host{
--a:var(--longhaul-accent,light-dark(#2f5be0,#86a6ff));
--track:var(--longhaul-track,color-mix(in srgb,currentColor 12%,transparent));
--r:var(--longhaul-radius,9px);
--gap:var(--longhaul-gap,12px);
display:inline-block;max-inline-size:100%;vertical-align:top;font-variant-numeric:tabular-nums}
*{box-sizing:border-box;margin:0}
:host([hidden]),[hidden],p:empty{display:none!important}
[type],a{display:inline-block;padding:.5em 1.1em;border:1px solid transparent;border-radius:var(--r);background:var(--a);color:var(--longhaul-on-accent,light-dark(#fff,#0d0e11));font:inherit;font-weight:550;text-align:center;text-decoration:none;cursor:pointer;overflow-wrap:anywhere}
[type]:hover,a:hover{opacity:.9}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
:disabled,[aria-disabled=true]{opacity:.55;cursor:default}
.quiet{padding:.25em .8em;border-color:var(--track);background:none;color:inherit;font-size:.875em}
.panel{display:grid;gap:var(--gap);inline-size:23em;max-inline-size:100%;padding:var(--gap) calc(var(--gap)*1.25);border:1px solid var(--track);border-radius:var(--r)}
.row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.3em var(--gap)}
.got{justify-content:start}
.whole{inline-size:100%}
strong{font-weight:600}
.mute{opacity:.78;font-size:.875em;overflow-wrap:anywhere}
.bar{block-size:6px;border-radius:3px;background:var(--track);overflow:hidden}
i{display:block;block-size:100%;inline-size:0;border-radius:3px;background:var(--a);transition:inline-size .6s}
.unknown i{padding-inline-start:35%;animation:seek 1.8s ease-in-out infinite alternate}
@keyframes seek{to{margin-inline-start:65%}}
.bad strong{color:var(--longhaul-danger,light-dark(#bf2c37,#ff8a91))}
a::before{content:"";display:inline-block;inline-size:.95em;block-size:.95em;margin-inline-end:.5em;vertical-align:-.1em;background:currentColor;clip-path:polygon(43% 0,57% 0,57% 42%,82% 42%,50% 76%,50% 88%,100% 88%,100% 100%,0 100%,0 88%,50% 88%,50% 76%,18% 42%,43% 42%)}
.unseen{position:absolute;clip-path:inset(50%);inline-size:1px;block-size:1px;overflow:hidden}
@media(forced-colors:active){.bar,[type],a{border:1px solid}i{background:Highlight;forced-color-adjust:none}}
@media(prefers-reduced-motion){i{animation:none!important;transition:none}}`;var Ge=15e3,Ye=/[\p{Bidi_C}\p{Cc}]/gu,ie;function d(i,e={},...t){let n=document.createElement(i);for(let[s,r]of Object.entries(e))n.setAttribute(s,r);return n.append(...t),n}function m(i,e){i.textContent!==e&&(i.textContent=e)}var Te=({t:i},e)=>e?D(i(e),i("trying")):"",D=(...i)=>i.filter(Boolean).join(" · ");function Se(i,e){ie||(ie=new CSSStyleSheet).replaceSync(Ee),i.adoptedStyleSheets=[ie];let t=d("span"),n=d("button",{type:"button",part:"button"},d("slot"),t),[s,r,o]=[d("strong"),d("span",{class:"mute"}),d("p",{part:"text",class:"mute"})],l=d("button",{type:"button",part:"cancel",class:"quiet"}),u=d("i"),c=d("div",{part:"bar",class:"bar",role:"progressbar"},u),f=d("div",{part:"progress",class:"panel",role:"group",tabindex:"-1"},d("div",{class:"row"},d("span",{},s," ",r),l),c,o),[a,b,x]=[d("bdi"),d("span"),d("p",{class:"mute whole"})],y=d("a",{part:"download"}),v=d("div",{class:"row got"},y,d("span",{part:"text",class:"mute"},a,b),x),[U,R]=[d("strong"),d("p",{class:"mute"})],L=d("button",{type:"button",part:"retry",class:"quiet"}),B=d("div",{class:"panel row"},d("div",{part:"error"},U,R),L),W=d("span",{class:"unseen",role:"status"}),G=d("div",{},n,f,v,B,W);i.append(G),n.onclick=L.onclick=e.start,l.onclick=e.cancel,y.onclick=e.download;let I,re=0,Re=g=>{let{state:h,o:S,job:k,a:Y}=g,{t:E}=S,M=I?.state!==h,O=M&&i.activeElement,A=h==="starting"||h==="running",j=h==="failed"||h==="cancelled"||h==="expired",T="";if(G.lang=S.tag,G.dir=g.p,n.hidden=h!=="idle",n.disabled=g.l,f.hidden=!A,v.hidden=h!=="ready",B.hidden=!j,m(t,g.f?"":g.label),A&&(T=Pe(g)),h==="ready"&&k){m(y,E("download")),y.href=g.href,m(a,k.filename.replace(Ye,"�")),m(b,` · ${S.size(k.result?.fileSize??k.progress.bytesTotal)}`);let{skipped:P,processedFiles:C,totalFiles:q}=k.result??{},w=P?.length??(q??0)-(C??0);m(x,Te(S,g.e)||(w>0?E("leftOut",{n:w}):"")),T=D(E("ready"),x.textContent)}if(j){let P=h==="failed"?S.why(g.slug):h;B.classList.toggle("bad",h==="failed"),m(U,E(P)),m(R,g.retryAfter?E("wait",{time:S.duration(g.retryAfter)}):""),m(L,E("again")),L.disabled=g.l,T=D(E(P),R.textContent)}(M?!Y&&I:T&&T!==W.textContent)&&(re=Date.now(),m(W,T)),I={...g},O&&O.closest("[hidden]")&&(A?f:h==="ready"?y:j?L:n).focus()},Pe=({state:g,o:h,label:S,job:k,e:Y,g:E,a:M})=>{let{t:O}=h,{percent:A=0,bytesDone:j=0,bytesTotal:T=0,currentFile:P=0,totalFiles:C=0,etaSeconds:q=null}=k?.progress??{},w=g==="running"&&T>0,oe=M&&!k?"":O(k?.progress.stage==="queued"?"queued":"starting"),ae=C>1?O("files",{done:P,n:C}):"";m(s,w?h.percent(A):oe);let z=Te(h,Y);m(r,w&&q?O("left",{time:h.duration(q)}):""),m(o,z||!w?z:D(ae,h.sizeOf(j,T))),m(l,O("cancel")),l.setAttribute("aria-disabled",String(E));for(let Le of[f,c])Le.ariaLabel=S;c.classList.toggle("unknown",!w),u.style.inlineSize=w?`${A}%`:"";let le=w?D(h.percent(A),ae):oe;return w?c.setAttribute("aria-valuenow",String(A)):c.removeAttribute("aria-valuenow"),c.setAttribute("aria-valuetext",le),z||(I?.e||I?.state!==g||Date.now()-re>Ge?le:"")};return Re}var Ve=8e3,Ze=2**31-1,Ae=["lang","dir","disabled"],Qe=[401,403,404,410],Xe=500,et=globalThis.HTMLElement??class{},se=class i extends et{static observedAttributes=[...Ae,"api","selection-url","file-ids","keys","prefix","filename","storage"];static texts={};#i;#s;#t="idle";#n;#r;#d;#o="";#e;#a;#g;#x;#m;#u=!1;#p=!1;#l=!1;#f=!1;#v=!1;get selection(){return this.#i}set selection(e){this.#i=e,this.#w()}get request(){return this.#s}set request(e){this.#s=e,this.#w()}get job(){return this.#n}get state(){return this.#t}start(){if(this.#y||this.hasAttribute("disabled"))return;this.#l=!0;try{this.#R()}catch(n){return this.#S(n,"failed")}if(this.#y)return;let e=this.#e.kept,t=e&&(!this.#n||ee(this.#n));this.#E(t?e:{key:crypto.getRandomValues(new Uint32Array(4)).join("-")},t?0:void 0)}retry(){this.start()}cancel(){if(!this.#y||this.#f)return;let e=this.#a;this.#f=!0,this.#h(),e.cancel(!!this.#d).then(t=>{t&&(this.#f=!1,e.stop(),this.#T(t))},t=>{this.#f=!1,this.#h(),!e.signal.aborted&&!(t instanceof p&&t.slug==="already-ended")&&this.#b("longhaul-error",{error:t})})}reset(){this.#k(),this.#e?.keep(),this.#c("idle")}connectedCallback(){if(!this.#u){if(this.#u=!0,!this.#g){for(let t of["selection","request"]){let n=Object.getOwnPropertyDescriptor(this,t);n&&delete this[t]&&(this[t]=n.value)}let e=this.attachShadow({mode:"open",delegatesFocus:!0});this.#g=Se(e,{start:()=>this.start(),cancel:()=>this.cancel(),download:t=>this.#j(t)}),e.addEventListener("slotchange",()=>this.#h())}this.#m=new MutationObserver(()=>this.#h()),this.#m.observe(document.documentElement,{attributeFilter:["lang"]}),this.#c(this.#t,this.#n),this.#w()}}disconnectedCallback(){queueMicrotask(()=>{this.isConnected||(this.#u=!1,this.#m?.disconnect(),this.#k(),this.#e?.close())})}attributeChangedCallback(e){Ae.includes(e)?this.#h():this.#w()}get#y(){return this.#t==="starting"||this.#t==="running"}get#A(){let e=this.getAttribute("selection-url");return this.#i?{selection:this.#i,place:this.id&&`${location.pathname}${location.search}#${this.id}`}:e!==null?{selectionUrl:new URL(e,document.baseURI).href}:{request:this.#s??fe(t=>this.getAttribute(t))}}#w(){this.#p||(this.#p=!0,queueMicrotask(()=>{this.#p=!1,this.#u&&this.#R()}))}get#O(){return new URL(this.getAttribute("api")??new URL(".",import.meta.url),document.baseURI).href.replace(/\/+$/,"")}#R(){let e=be(this.#A),t=e?this.getAttribute("storage")??"session":"none",n=JSON.stringify([this.#O,e??""]),s=this.#o===n?this.#e:void 0;if(s?.place===t&&!s.s)return;this.#k(),this.#e?.close(),this.#o=n;let{kept:r}=this.#e=new $(n,t,o=>this.#L(o),s?.kept);r?this.#E(r,0):this.#t!=="idle"&&this.#c("idle")}#L(e){let t=this.#e.kept,n=t?.key===e.key;(n?t.jobId||!e.jobId:this.#n&&t?.sub!==e.sub)||!n&&this.#y&&(t?.jobId||e.key>(t?.key??""))||(this.#e.keep(e,!1),this.#E(e,e.jobId?0:Ve))}#k(){this.#a?.stop(),clearTimeout(this.#x)}#E(e,t){this.#k(),this.#f=!1,this.#v=t!==void 0&&!this.#l,this.#d=this.#r=void 0,this.#c("starting");let n=this.#e,s=new H(this.#O,this.token,this.#A,e,{e:r=>{r!==this.#d&&(this.#d=r,this.#h())},keep:r=>n.keep(r),u:r=>this.#b("longhaul-start",{job:r}),c:r=>{this.#c("running",r),this.#v=!1,this.#b("longhaul-progress",{job:r})}});this.#a=s,s.end(t).then(r=>{s.signal.aborted||(r?this.#T(r):this.reset())},r=>{if(this.#a!==s||!this.#u)return;if(s.signal.aborted){this.#f&&this.#I();return}let o=r instanceof p&&r.status>0&&r.status<Xe,l=o&&e.jobId&&Qe.includes(r.status);(l||!e.jobId&&o)&&n.keep(),l&&this.#v?this.reset():this.#S(r,l?"expired":"failed")})}#T(e){let{status:t}=e,n=t==="completed";if((t==="cancelled"||t==="expired")&&this.#e?.keep(),this.#c(n?"ready":t,e),this.#b("longhaul-end",{job:e}),!n)return;let s=Date.parse(e.expiresAt)-Date.now();if(this.#x=setTimeout(()=>this.#T({...e,status:"expired"}),Math.min(s,Ze)),!this.#l)return;let r=()=>{document.visibilityState!=="visible"||!this.#l||(this.#l=!1,this.#P())};document.addEventListener("visibilitychange",r,{signal:this.#a.signal}),r()}#I(){this.#e?.keep(),this.#c("cancelled"),this.#b("longhaul-end",{job:void 0})}#S(e,t){this.#r=e,this.#c(t,this.#n),this.#b("longhaul-error",{error:e})}#j(e){this.#a.r||(e.preventDefault(),this.#P())}#P(){let e=this.#a;(e.r?Promise.resolve():e.link()).then(()=>{this.#h(),location.assign(e.href)},t=>{e.signal.aborted||(this.#e?.keep(),this.#S(t,"expired"))})}#c(e,t){this.#n=t,this.#t=e,this.setAttribute("state",e),!this.#y&&e!=="ready"&&(this.#l=!1),this.#h()}#b(e,t){this.dispatchEvent(new CustomEvent(e,{bubbles:!0,composed:!0,detail:t}))}#h(){let e=ke([Oe(this),...navigator.languages],i.texts),t=this.textContent?.trim(),n=this.#r instanceof p?this.#r:void 0,s=n?.slug??V(this.#n?.error??{});this.#g?.({state:this.#t,o:e,p:this.dir||(e.h?"rtl":""),label:t||e.t("download"),f:!!t,l:this.hasAttribute("disabled"),job:this.#n,e:this.#d,g:this.#f,href:this.#a?.href??"",slug:s==="unauthorized"&&n?.type.startsWith("urn:")&&!this.token?"outdated":s,retryAfter:n?.retryAfter,a:this.#v})}};function Oe(i){let e=i.getRootNode();return i.closest("[lang]")?.lang??(e instanceof ShadowRoot?Oe(e.host):"")}globalThis.customElements&&!customElements.get("longhaul-export")&&customElements.define("longhaul-export",se);export{se as LonghaulExport};
