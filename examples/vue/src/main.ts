// Defines <longhaul-export>.
import "longhaul/element";
import { createApp } from "vue";
import App from "./App.vue";
import "./shop.css";

createApp(App).mount("#shop");
